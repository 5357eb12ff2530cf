/**
 * A scene that is played: one of a few recorded runs of the simulator, on the room's own stage. It stands still under each
 * caption long enough to be read, begins by itself when somebody sees it (not where motion is not wanted), and everything
 * in it can be gone back to.
 */

import { html, render } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { Lenses } from '../core/lenses.js';
import { fetchJson } from '../home/api.js';
import { playable } from '../home/tape.js';
import { PageStages } from '../home/stages.js';

/** @typedef {{name: string, title: Record<string, string>}} Choice */
/** @typedef {import('../types.js').Shown} Shown */

const STEPS = 400;
/** How long a caption is read: for each character, and at least and at most, in ms. */
const READING = { en: 46, zh: 165, least: 2200, most: 6500 };

export class Player {
  /** @param {HTMLElement} root @param {any} i18n @param {Choice[]} choices @param {(ctx: any) => (shown: Shown) => any} counting what is
   *  told of a run below its stage: called with each run, then at each moment */
  constructor(root, i18n, choices, counting) {
    this.root = root;
    this.i18n = i18n;
    this.choices = choices;
    this.counting = counting;
    this.counted = (/** @type {Shown} */ _shown) => '';
    this.everyFrame = true;
    this.chosen = choices[0].name;
    /** Whether it goes on: plays, or stands under a caption for as long as that is read. */
    this.going = false;
    this.reading = 0;
    /** Somebody has taken it in hand: from then on it does nothing by itself. */
    this.touched = false;
    this.seen = false;
    this.said = 0;
    this.from = 0;
    /** @type {any[]} */ this.says = [];
    /** @type {any} */ this.ctx = null;
    /** @type {any} */ this.run = null;
    /** @type {any} */ this.stage = null;
    this.speak();
    this.figure = /** @type {HTMLElement} */ (root.querySelector('.f-stages'));
  }

  // -- which run -----------------------------------------------------------------------------------------------

  /** @param {string} [name] */
  async load(name = this.chosen) {
    this.chosen = name;
    this.speak();
    const [run, lenses] = await Promise.all([
      fetchJson(this.address(name)), new Lenses().load(),
    ]);
    this.run = run;
    if (this.chosen === name) this.show(playable(name, run, lenses, this.i18n));
  }

  /** Where a run is to be had. @param {string} name */
  address(name) { return `/api/scenarios/${encodeURIComponent(name)}/recording`; }

  /** The room in which it can be taken in hand. @returns {Record<string, any>} */
  get room() { return { scenario: this.chosen, show: this.ctx?.lenses.names }; }

  /** @param {any} ctx */
  show(ctx) {
    this.stage?.remove();
    this.ctx = ctx;
    this.says = ctx.store.range(1, ctx.store.head).filter((/** @type {any} */ e) => e.kind === 'say');
    this.counted = this.counting(ctx);
    this.from = this.says[0]?.time ?? 0;
    this.stage = new PageStages(this.figure, ctx, true);
    ctx.playhead.addView(this.stage);
    ctx.playhead.addView(this);
    this.rewind();
  }

  rewind() {
    this.said = 0;
    this.ctx.playhead.seek({ time: this.from });
    if (this.going || this.mayBegin) this.go();
  }

  get mayBegin() { return this.seen && !this.touched && !this.ctx.playhead.reduced(); }

  // -- going and standing --------------------------------------------------------------------------------------

  /** Somebody sees it, or nobody does any more. @param {boolean} seen */
  see(seen) {
    this.seen = seen;
    if (!seen) this.hold();
    else if (this.ctx && this.mayBegin) this.go();
  }

  press() {
    this.touched = true;
    if (this.going) return this.hold();
    this.going = true;
    if (this.ctx.playhead.following) this.rewind();
    else this.go();
  }

  /** Once what is shown is drawn: at the end there would be nothing to play. */
  go() {
    this.going = true;
    requestAnimationFrame(() => this.going && !this.reading && this.ctx.playhead.play());
    this.ctx.playhead.changed({ transport: true });
  }

  hold() {
    this.going = false;
    clearTimeout(this.reading);
    this.reading = 0;
    if (this.ctx && !this.ctx.playhead.following) this.ctx.playhead.pause();
    this.speak();
  }

  /** Stands still under a new caption until it has been read. @param {any} say */
  read(say) {
    const lang = /** @type {'en'|'zh'} */ (this.i18n.lang());
    const { playhead } = this.ctx;
    playhead.pause();
    this.reading = window.setTimeout(() => {
      this.reading = 0;
      if (this.going) playhead.play();
    }, Math.min(READING.most, Math.max(READING.least, say.body[0][lang].length * READING[lang])));
  }

  /** @param {number} part */
  seek(part) {
    this.touched = true;
    this.hold();
    const { store, playhead } = this.ctx;
    playhead.seek({ time: this.from + (store.now - this.from) * part });
  }

  /** @param {string} name */
  pick(name) {
    this.touched = true;
    this.hold();
    this.going = true;
    this.load(name);
  }

  // -- drawing -------------------------------------------------------------------------------------------------

  /** @param {Shown} shown */
  draw(shown) {
    if (shown.live && shown.view) this.going = false;
    const say = this.latest(shown.seq);
    if (this.going && say && say.seq > this.said && !this.reading) this.read(say);
    this.said = say?.seq ?? 0;
    this.speak(shown);
  }

  /** @param {number} seq */
  latest(seq) {
    return this.says.findLast((/** @type {any} */ e) => e.seq <= seq);
  }

  /** Everything but the stage, which draws itself. @param {Shown} [shown] */
  speak(shown = this.ctx?.playhead.shown) {
    const { t } = this.i18n;
    const lang = this.i18n.lang();
    const chosen = this.choices.find(({ name }) => name === this.chosen);
    const say = shown && this.says ? this.latest(shown.seq) : null;
    const part = shown && this.ctx ? (shown.time - this.from) / Math.max(1, this.ctx.store.now - this.from) : 0;
    const at = Math.round(Math.min(1, Math.max(0, part)) * STEPS);
    const key = this.going ? 'pause' : shown?.live ? 'again' : 'play';
    render(html`
      <div class="f-choices" role="group" aria-label=${t('player.choices')}>${this.choices.map(({ name, title }) => html`
        <button type="button" class="f-choice" aria-pressed=${name === this.chosen} @click=${() => this.pick(name)}>${title[lang]}</button>`)}</div>
      <div class="f-frame"><div class="f-stages"></div>
        <p class="f-words">${say ? say.body[0][lang] : ' '}</p></div>
      <div class="f-transport">
        <button type="button" class="f-play" aria-label=${t(`player.${key}`)} title=${t(`player.${key}`)} @click=${() => this.press()} ?disabled=${!this.ctx}>
          <svg viewBox="0 0 20 20" class="icon" aria-hidden="true"><path class="solid" d=${ICONS[key]}></path></svg></button>
        <input type="range" class="f-scrub" min="0" max=${STEPS} .value=${live(String(at))} aria-label=${t('player.scrub')}
          aria-valuetext=${this.i18n.time(shown?.time ?? 0)} @input=${(/** @type {any} */ e) => this.seek(e.target.value / STEPS)} ?disabled=${!this.ctx}>
        <button type="button" class="h-quiet f-room" data-open=${JSON.stringify(this.room)}>${t('player.room')} <span aria-hidden="true">→</span>
          <span class="hidden">${chosen?.title[lang]}</span></button></div>
      <div class="f-facts">${shown?.view && this.ctx ? this.counted(shown) : ''}</div>`, this.root);
  }
}

/** @type {Record<string, string>} */
const ICONS = {
  play: 'M6 4.2v11.6L15.5 10z',
  pause: 'M6 4.5h2.6v11H6zM11.4 4.5H14v11h-2.6z',
  again: 'M10 4a6 6 0 1 0 6 6h-1.9A4.1 4.1 0 1 1 10 5.9V8.6L14.6 5 10 1.4z',
};
