/** CAP and BASE: the same clients, two stores on the same machines, and a network that breaks. */

import { Hand } from './cap/hand.js';
import { told } from './cap/told.js';
import { Player } from './foundations/player.js';
import { byId, startPage } from './pages/page.js';

/** @type {Player|undefined} */
let player;
/** @type {Hand|undefined} */
let hand;

/** @param {any} ctx */
function begin({ i18n, playhead }) {
  const root = byId('played');
  const shown = new Player(root, i18n, JSON.parse(root.dataset.play ?? ''), told);
  const own = new Hand(byId('hand'), i18n);
  shown.load().catch(() => {}); // the words stand without it
  new IntersectionObserver((entries) => shown.see(entries[entries.length - 1].isIntersecting), { threshold: 0.3 }).observe(/** @type {Element} */ (root.querySelector('.f-frame')));
  playhead.changed = (/** @type {any} */ what) => [shown, own].forEach((drawn) => drawn.ctx?.playhead.changed(what));
  [player, hand] = [shown, own];
}

startPage((ctx) => {
  if (!player) begin(ctx);
  for (const drawn of [player, hand]) {
    drawn?.speak();
    drawn?.ctx?.playhead.changed({ all: true, lang: true });
  }
});
