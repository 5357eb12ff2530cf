/** Consistency models: a map, and for each one the schedule that breaks it, played, with the cures as switches. */

import { html } from '../vendor/lit-html/lit-html.js';
import { Player } from './foundations/player.js';
import { all, startPage } from './pages/page.js';

const NEAR = '500px';

/** @type {ModelPlayer[]} */
const players = [];

/** Plays a model's schedule as it is, or with a cure. */
class ModelPlayer extends Player {
  /** @param {HTMLElement} root @param {any} i18n */
  constructor(root, i18n) {
    super(root, i18n, JSON.parse(root.dataset.play ?? '[]'), judged(root.dataset.law ?? '', i18n));
    this.model = root.dataset.model ?? '';
  }

  /** @param {string} cure */
  address(cure) { return `/api/models/${this.model}/recording${cure ? `?cure=${cure}` : ''}`; }

  get room() { return { config: this.run?.config }; }
}

/** What the law says at each moment. @param {string} law @param {any} i18n */
function judged(law, i18n) {
  return (/** @type {any} */ ctx) => {
    if (!law) return () => html`<p class="md-law">${i18n.t('models.nolaw')}</p>`;
    const broken = ctx.store.range(1, ctx.store.head).find((/** @type {any} */ e) => e.kind === 'violation' && e.body[0] === law);
    return (/** @type {import('./types.js').Shown} */ { seq }) => (broken && broken.seq <= seq
      ? html`<p class="md-law broken"><b>✕ ${i18n.t(`law.${law}`)}</b> ${i18n.t(`law.${law}.broken`, broken.body[1])}</p>`
      : html`<p class="md-law"><b>✓ ${i18n.t(`law.${law}`)}</b> ${i18n.t('models.holds')}</p>`);
  };
}

/** @param {any} ctx */
function begin({ i18n, playhead }) {
  for (const root of all('[data-play]')) {
    const player = new ModelPlayer(root, i18n);
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
  if (!players.length) begin(ctx);
  for (const player of players) {
    player.speak();
    player.ctx?.playhead.changed({ all: true, lang: true });
  }
});
