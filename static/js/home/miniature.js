/**
 * A small living picture: a recorded run, played over and over by the same store, playhead and stage as in a room.
 * It moves only while it is told to, which is while somebody can see it; where people prefer stillness it shows
 * one telling moment.
 */

import { Lenses } from '../core/lenses.js';
import { mountStage } from '../views/stage.js';
import { fetchJson } from './api.js';
import { playable } from './tape.js';

/** Virtual per wall, and how long the end stands before it begins again. */
const PACE = 0.02;
const REST = 1500;

export class Miniature {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.moving = false;
    this.resting = 0;
    this.everyFrame = true;
    ctx.playhead.setSpeed(PACE);
    ctx.playhead.addView(mountStage(root, ctx));
    ctx.playhead.addView(this);
    root.dataset.ready = '';
  }

  /** @param {boolean} moving */
  move(moving) {
    const { playhead } = this.ctx;
    this.moving = moving && !playhead.reduced();
    clearTimeout(this.resting);
    this.resting = 0;
    if (playhead.reduced()) playhead.seek({ seq: this.telling() });
    else if (!this.moving) playhead.pause();
    else if (playhead.following) this.again();
    else playhead.play();
  }

  /** To the beginning; it plays from there once that is shown, for at the end there would be nothing to play. */
  again() {
    const { playhead } = this.ctx;
    playhead.seek({ time: 0 });
    requestAnimationFrame(() => this.moving && playhead.play());
  }

  /** At the end of the recording it rests, and begins again. @param {import('../types.js').Shown} shown */
  draw(shown) {
    if (!shown.live || !this.moving || this.resting) return;
    this.resting = window.setTimeout(() => {
      this.resting = 0;
      if (this.moving) this.again();
    }, REST);
  }

  /** The last quorum that formed, else the last event that matters most. */
  telling() {
    const { store, lens } = this.ctx;
    let best = { seq: store.head, weight: 0 };
    for (const event of store.range(1, store.head)) {
      const reasons = event.why.map((/** @type {[string, any]} */ [rule, data]) => lens.weight(rule, data));
      const weight = Math.max(0, ...reasons) + (lens.quorum(event) ? 10 : 0);
      if (weight >= best.weight) best = { seq: event.seq, weight };
    }
    return best.seq;
  }
}

/** @param {HTMLElement} root @param {string} service @param {boolean} own whether the service has a lens of its own @param {any} i18n */
export async function loadMiniature(root, service, own, i18n) {
  const [run, lenses] = await Promise.all([
    fetchJson(`/api/protocols/${encodeURIComponent(service)}/recording`), new Lenses().load(own ? service : ''),
  ]);
  const ctx = playable(service, run, lenses, i18n);
  ctx.lens = lenses.of(service);
  return new Miniature(root, ctx);
}
