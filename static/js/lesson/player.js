/**
 * Where a learner is in a lesson. A step is first asked about (when it has a question), then played, then done; the
 * world stands still at its end, or runs on. Everything is a place in one recorded run, so every way leads back.
 */

import {progress} from './progress.js';

/** @typedef {import('./source.js').Step} Step */
/** @typedef {import('./source.js').Lesson} Lesson */
/** @typedef {'ask'|'ready'|'playing'|'done'} Phase */

/** How many times as fast as the lesson says. */
export const PACES = [0.5, 1, 2, 4];
/** Characters, as wide as Chinese ones, that are read in a second. */
const READ = 5;

export class Player {
  /** @param {any} ctx @param {Lesson} lesson @param {() => void} told called when anything has changed */
  constructor(ctx, lesson, told) {
    this.ctx = ctx;
    this.lesson = lesson;
    this.told = told;
    this.everyFrame = true;
    this.at = 0;
    /** @type {Phase} */ this.phase = 'ready';
    this.pace = 1;
    this.paused = false;
    this.peeked = false;
    this.waiting = 0;
  }

  /** @returns {Step} */
  get step() { return this.lesson.steps[this.at]; }
  get isLast() { return this.at === this.lesson.steps.length - 1; }
  get answer() { return progress.of(this.lesson.name).answers[this.step.id] ?? ''; }
  /** No time goes by in it. @param {Step} step */
  still(step) { return step.start.time === step.end.time; }

  /** To a step: where it begins, or where it ends. @param {number} at @param {'start'|'end'|'play'} where */
  async go(at, where) {
    clearTimeout(this.waiting);
    this.at = Math.max(0, Math.min(at, this.lesson.steps.length - 1));
    this.paused = false;
    this.peeked = false;
    const {step} = this;
    const asks = where !== 'end' && step.predict && !this.answer;
    this.phase = where === 'end' || (this.still(step) && !asks) ? 'done' : asks ? 'ask' : 'ready';
    this.note();
    this.present();
    if (this.phase === 'ready' && where === 'play') return this.play();
    await this.ctx.playhead.seek({seq: this.phase === 'done' ? step.end.seq : step.start.seq});
    this.told();
  }

  /** The step from its beginning, or from where somebody has gone in it. */
  async play(from = this.step.start.seq) {
    const {step} = this;
    if (this.still(step)) {
      this.arrive();
      return this.ctx.playhead.seek({seq: step.end.seq});
    }
    this.phase = 'playing';
    this.paused = false;
    this.told();
    await this.ctx.playhead.playTo(from, step.end, step.speed * this.pace);
  }

  /** From where it stands. */
  playOn() {
    const {seq} = this.ctx.playhead.shown;
    return this.play(seq > this.step.start.seq && seq < this.step.end.seq ? seq : undefined);
  }

  /** On: to the end of what is being played, else to the next step. */
  next() {
    if (this.phase === 'ask') return undefined;
    if (this.phase === 'ready') return this.playOn();
    if (this.phase === 'playing') return this.go(this.at, 'end');
    if (!this.isLast) return this.go(this.at + 1, 'play');
    progress.note(this.lesson.name, {done: true});
    return this.told();
  }

  /** Back: to where this step began if it has moved, else to the end of the one before. */
  back() {
    if (this.phase === 'playing' || (this.phase === 'done' && !this.still(this.step))) return this.go(this.at, 'start');
    return this.at > 0 ? this.go(this.at - 1, 'end') : this.go(0, 'start');
  }

  replay() {
    clearTimeout(this.waiting);
    return this.step.predict && !this.answer && !this.peeked ? undefined : this.play();
  }

  toggle() {
    const {playhead} = this.ctx;
    if (this.phase === 'ready') return this.playOn();
    if (this.phase !== 'playing') return undefined;
    this.paused = !this.paused;
    playhead.running = !this.paused;
    playhead.changed({transport: true});
    return this.told();
  }

  /** One event forth or back, inside the step. @param {number} n */
  nudge(n) {
    const {step, ctx} = this;
    if (this.phase === 'ask') return undefined;
    const seq = Math.max(step.start.seq, Math.min(step.end.seq, ctx.playhead.shown.seq + n));
    clearTimeout(this.waiting);
    this.phase = seq < step.end.seq || this.still(step) ? 'ready' : 'done';
    this.told();
    return ctx.playhead.seek({seq, glide: true});
  }

  /** @param {string} choice */
  choose(choice) {
    if (!this.step.predict?.choices.some(c => c.id === choice)) return undefined;
    progress.answer(this.lesson.name, this.step.id, choice);
    return this.phase === 'ask' ? this.play() : this.told();
  }

  /** Without a guess. */
  peek() {
    this.peeked = true;
    return this.play();
  }

  /** The question once more. */
  askAgain() {
    progress.answer(this.lesson.name, this.step.id, '');
    return this.go(this.at, 'start');
  }

  changePace() {
    this.pace = PACES[(PACES.indexOf(this.pace) + 1) % PACES.length];
    this.ctx.playhead.localSpeed = this.step.speed * this.pace;
    this.told();
  }

  /** What this step shows, and which of it stands out. */
  present() {
    const {ctx, step} = this;
    if (ctx.showing.names.join() !== step.show.join()) {
      ctx.showing.names = step.show;
      ctx.showing.settle();
      ctx.playhead.changed({all: true, size: true});
    }
    ctx.spotlight.aim(step.focus);
    this.told();
  }

  /** The playhead has come to the end. */
  draw() {
    if (this.phase === 'playing' && !this.paused && !this.ctx.playhead.bound && !this.ctx.playhead.running) this.arrive();
  }

  arrive() {
    this.phase = 'done';
    this.told();
    if (this.step.freeze || this.isLast) return;
    const left = reading(this.step.after[/** @type {'en'|'zh'} */ (this.ctx.i18n.lang())]);
    this.waiting = window.setTimeout(() => this.go(this.at + 1, 'play'), left * 1000);
  }

  note() {
    const {name} = this.lesson;
    const {far, done} = progress.of(name);
    progress.note(name, {at: this.step.id, far: Math.max(far, this.at), done: done || (this.isLast && this.phase === 'done')});
    const hash = `#${this.step.id}`;
    if (location.hash !== hash) history.replaceState(null, '', hash);
  }
}

/** Seconds that it takes to read. @param {import('./source.js').Parts} parts */
function reading(parts) {
  const text = parts.map(part => (typeof part === 'string' ? part : part[0])).join('');
  return [...text].reduce((sum, c) => sum + (c > '\u2e80' ? 1 : 0.53), 0) / READ;
}
