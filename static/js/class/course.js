/** The lesson that a class is held on: its steps, and going through them in the run that the room holds. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { fetchJson } from '../home/api.js';

/** @typedef {Record<string, any>} Texts */

export class Course {
  /** @param {any} ctx @param {string} id of the class */
  constructor(ctx, id) {
    this.ctx = ctx;
    this.id = id;
    /** @type {any[]} */ this.steps = [];
    this.current = '';
    /** Where the playhead stops. @type {any} */ this.until = null;
    this.everyFrame = true;
  }

  async load() {
    this.steps = await fetchJson(`/api/classes/${this.id}/lesson`);
    return this;
  }

  get index() { return this.steps.findIndex((s) => s.id === this.current); }
  get step() { return this.steps[this.index]; }

  /** @param {Texts} texts */
  words(texts) { return texts?.[this.ctx.i18n.lang()]; }

  /** Its beginning, standing still. @param {any} step */
  async stand(step) {
    this.current = step.id;
    this.until = null;
    this.show(step);
    await this.ctx.playhead.seek({ seq: step.start.seq });
  }

  /** From its beginning to its end. @param {any} step */
  async play(step) {
    const { playhead } = this.ctx;
    await this.stand(step);
    playhead.localSpeed = step.speed;
    await new Promise(requestAnimationFrame); // until that is shown, there is nothing ahead to play
    this.until = step.end;
    playhead.play();
  }

  /** @param {any} step */
  show(step) {
    const { showing } = this.ctx;
    if (step.show.join() === showing.names.join()) return;
    showing.names = step.show;
    showing.aim(step.show[0]);
    showing.changed();
  }

  /** The span is over. @param {import('../types.js').Shown} shown */
  draw(shown) {
    const { until } = this;
    if (!until || (shown.seq < until.seq && shown.time < until.time)) return;
    this.until = null;
    this.ctx.playhead.seek({ seq: until.seq });
  }

  /** What is said of a step: while it is played, and when it has been. @param {string} id @param {number} seq */
  saying(id, seq) {
    const step = this.steps.find((s) => s.id === id);
    if (!step) return null;
    const after = this.words(step.after);
    return seq >= step.end.seq && after?.length ? after : this.words(step.caption);
  }
}

/** Words in pieces, those that name something in its colour. @param {any[]|null} parts */
export function said(parts) {
  return parts?.map((part) => (typeof part === 'string' ? part : part[1] === 'strong' ? html`<strong>${part[0]}</strong>` : html`<b class="word ${part[1]}">${part[0]}</b>`)) ?? nothing;
}
