/** Foundations of the course: scenes that are played, and scenes that one reckons with. */

import { measured, served } from './foundations/counted.js';
import { Disks } from './foundations/disks.js';
import { Apples, Pigeons } from './foundations/holes.js';
import { Nines } from './foundations/nines.js';
import { Outcomes } from './foundations/outcomes.js';
import { Player } from './foundations/player.js';
import { Scale } from './foundations/scale.js';
import { Scaling } from './foundations/scaling.js';
import { all, startPage } from './pages/page.js';

/** @type {Record<string, typeof import('./foundations/parts.js').Sketch>} */
const SKETCHES = { scale: Scale, pigeons: Pigeons, apples: Apples, disks: Disks, nines: Nines, scaling: Scaling };

const NEAR = '400px';

/** @type {Player[]} */
const players = [];
/** @type {import('./foundations/parts.js').Sketch[]} */
const sketches = [];

/** @param {any} ctx */
function begin({ i18n, playhead }) {
  for (const root of all('[data-sketch]')) sketches.push(new SKETCHES[root.dataset.sketch ?? ''](root, i18n));
  for (const root of all('[data-play]')) {
    const choices = JSON.parse(root.dataset.play ?? '');
    const { facts = '' } = root.dataset;
    const player = facts === 'outcomes' ? new Outcomes(root, i18n, choices) : new Player(root, i18n, choices, facts === 'measures' ? measured : served);
    players.push(player);
    watch(root, { rootMargin: NEAR }, (near, me) => {
      if (!near) return;
      me.disconnect();
      player.load().catch(() => {}); // the words stand without it
    });
    watch(root, { threshold: 0.55 }, (seen) => player.see(seen));
  }
  playhead.changed = (/** @type {any} */ what) => players.forEach((player) => player.ctx?.playhead.changed(what));
}

/** @param {Element} root @param {IntersectionObserverInit} options @param {(seen: boolean, me: IntersectionObserver) => void} tell */
function watch(root, options, tell) {
  new IntersectionObserver((entries, me) => tell(entries[entries.length - 1].isIntersecting, me), options).observe(root);
}

startPage((ctx) => {
  if (!sketches.length) begin(ctx);
  for (const sketch of sketches) sketch.draw();
  for (const player of players) {
    player.speak();
    player.ctx?.playhead.changed({ all: true, lang: true });
  }
});
