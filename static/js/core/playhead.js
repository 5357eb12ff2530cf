/**
 * The playhead: the only user of requestAnimationFrame and the only holder of shown time, speed and direction.
 * It follows the live cluster, or plays on its own through what has happened, forwards and backwards. Whatever
 * it shows is a moment of the trace: {time, seq, view}. Views read it and never keep time themselves.
 */

import {LiveClock} from './clock.js';

/** @typedef {import("../types.js").Shown & {loading?: boolean}} Shown */
/** @typedef {import('../types.js').Mounted} Drawn */
/** @typedef {Record<string, any>} Changed */

const PANEL_PAUSE = 120;
const GLIDE_MS = 380;

export class Playhead {
  /** @param {any} store @param {{raf?: (fn: (t: number) => void) => any, wall?: () => number,
   *   reduced?: () => boolean}} [options] */
  constructor(store, options = {}) {
    this.store = store;
    this.raf = options.raf ?? (fn => requestAnimationFrame(fn));
    this.wall = options.wall ?? (() => performance.now());
    this.reduced = options.reduced ?? (() => matchMedia('(prefers-reduced-motion: reduce)').matches);
    this.clock = new LiveClock();
    this.following = true;
    this.running = false;
    this.direction = 1;
    this.localSpeed = 0.02;
    this.time = 0;
    /** @type {number|null} the exact event, where several share a time */
    this.pin = null;
    /** @type {{seq: number, time: number}|null} where playing on its own comes to a stop, if not at the end */
    this.bound = null;
    /** @type {{from: number, to: number, start: number, length: number}|null} */
    this.glide = null;
    /** @type {string[]} the services that steps stop at; none for all */
    this.services = [];
    /** @type {{view: Drawn, pending: Changed, drawn: number}[]} */
    this.views = [];
    this.scheduled = false;
    this.idle = true;
    this.lastWall = 0;
    this.branch = '';
    /** @type {(action: string, value?: number) => Promise<any>} set by room.js: asks the server to play, pause, step */
    this.transport = () => Promise.resolve();
    /** @type {Shown} */
    this.shown = {time: 0, seq: 0, view: null, event: undefined, live: true, playing: false, speed: 0.02,
      direction: 1, branch: '', loading: false};
    store.subscribe((/** @type {string} */ what) => this.hear(what));
  }

  // -- what comes from the store -----------------------------------------------------------------------------

  /** @param {string} what */
  hear(what) {
    const {store} = this;
    if (what === 'events' || what === 'transport' || what === 'snapshot') {
      this.clock.observe(store.now, this.wall(), store.transport.playing, store.transport.speed);
    }
    if (what === 'snapshot') this.arrive();
    this.changed({[what]: true});
  }

  /** A fresh picture: go there when it is another branch's, or when we follow and are far from it. */
  arrive() {
    const moved = this.branch !== this.store.branch;
    this.branch = this.store.branch;
    if (moved) this.following = true;
    if (!this.following) return;
    this.glide = null;
    this.pin = null;
    this.time = this.store.now;
  }

  // -- what people do ----------------------------------------------------------------------------------------

  get mayDrive() { return this.store.you.role === 'driver' || this.store.isPrivate; }
  get speed() { return this.following ? this.store.transport.speed : this.localSpeed; }
  get playing() { return this.following ? this.store.transport.playing : this.running; }
  get atHead() { return this.following || this.shown.seq >= this.store.head; }

  play(direction = 1) {
    if (direction > 0 && this.atHead) {
      this.follow();
      return this.mayDrive ? this.transport('play') : Promise.resolve();
    }
    this.leave();
    this.direction = direction;
    this.running = true;
    this.pin = null;
    this.changed({transport: true});
    return Promise.resolve();
  }

  pause() {
    if (this.following && this.mayDrive) return this.transport('pause');
    this.leave();
    this.changed({transport: true});
    return Promise.resolve();
  }

  /** Virtual per wall. The driver at the live head sets the room's pace; anybody else only his own.
   * @param {number} speed */
  setSpeed(speed) {
    this.localSpeed = speed;
    if (this.following && this.mayDrive) return this.transport('speed', speed);
    if (this.following && this.store.transport.playing) {
      this.leave();
      this.localSpeed = speed;
      this.running = true;
    }
    this.changed({transport: true});
    return Promise.resolve();
  }

  /** Back to the live cluster. */
  follow() {
    this.following = true;
    this.running = false;
    this.direction = 1;
    this.pin = null;
    this.glide = null;
    this.time = this.store.transport.playing ? Math.max(0, this.store.now - 150000 * this.store.transport.speed)
      : this.store.now;
    this.changed({transport: true});
  }

  /** Stop following and stand still here. */
  leave() {
    if (this.following) this.localSpeed = this.store.transport.speed;
    this.following = false;
    this.running = false;
    this.glide = null;
    this.bound = null;
  }

  /** From one event to another, and there it stands still. @param {number} from @param {{seq: number, time: number}} to
   * @param {number} speed */
  async playTo(from, to, speed) {
    await this.seek({seq: from});
    Object.assign(this, {bound: to, pin: null, direction: 1, running: true, localSpeed: speed});
    this.changed({transport: true});
  }

  /** @param {{seq?: number, time?: number, glide?: boolean}} where */
  async seek({seq, time, glide = false}) {
    this.leave();
    if (seq !== undefined) return this.seekSeq(seq, glide);
    this.pin = null;
    this.time = Math.min(Math.max(0, time ?? 0), this.store.now);
    if (this.time >= this.store.now) this.follow();
    this.changed({time: true, transport: true});
  }

  /** @param {number} wanted @param {boolean} glide */
  async seekSeq(wanted, glide) {
    const {store} = this;
    const seq = Math.max(Math.max(0, store.oldest - 1), Math.min(wanted, store.head));
    if (!store.viewAt(seq)) await store.ensure(seq);
    const view = store.viewAt(seq);
    if (!view || this.following) return;
    const to = seq === 0 ? 0 : view.time;
    this.pin = seq;
    if (glide && !this.reduced()) this.glide = {from: this.time, to, start: this.wall(), length: this.glideLength(to)};
    else this.time = to;
    this.changed({time: true, transport: true});
  }

  /** Short hops take their natural time, long ones no more than a moment. @param {number} to */
  glideLength(to) {
    const natural = Math.abs(to - this.time) / Math.max(1, this.speed * 1000);
    return Math.min(GLIDE_MS, natural);
  }

  /** To the next or previous event; at the head the driver's step runs the cluster. @param {number} n */
  async step(n) {
    if (await this.standStill(n)) return this.transport('step');
    const seq = this.services.length ? await this.find(this.stepBase(n), n, () => true) : this.stepBase(n) + n;
    return this.seek({seq, glide: true});
  }

  /** To the next or previous event that explains itself. @param {number} n */
  async stepRule(n) {
    if (await this.standStill(n)) return this.transport('rule');
    const seq = await this.find(this.stepBase(n), n, event => event.why.length > 0);
    return this.seek({seq, glide: true});
  }

  /** A step first stops whatever runs. True when it is the server that must make it. @param {number} n */
  async standStill(n) {
    if (this.playing) await this.pause();
    return n > 0 && this.atHead && this.mayDrive;
  }

  /** Where a step counts from: a glide under way counts as done. @param {number} n */
  stepBase(n) {
    if (this.pin !== null) return this.pin;
    return n < 0 && this.following ? Math.max(this.shown.seq, this.store.seqAt(this.store.now)) : this.shown.seq;
  }

  /** The next event of the services in focus that is wanted. @param {number} from @param {number} n
   * @param {(e: import('../types.js').Event) => boolean} wanted */
  async find(from, n, wanted) {
    const {store} = this;
    for (let seq = from + n; seq >= store.oldest && seq <= store.head; seq += n) {
      if (!store.event(seq)) await store.ensure(seq);
      const event = store.event(seq);
      if (!event) break;
      if (wanted(event) && (!this.services.length || this.services.includes(event.service))) return seq;
    }
    return n > 0 ? store.head : store.oldest - 1;
  }

  // -- time --------------------------------------------------------------------------------------------------

  /** @param {Drawn} view */
  addView(view) {
    this.views.push({view, pending: {all: true}, drawn: 0});
    this.wake();
  }

  /** Something that views show has changed: {selection}, {lang}, {theme}, {size} … @param {Changed} what */
  changed(what) {
    for (const slot of this.views) Object.assign(slot.pending, what);
    this.wake();
  }

  wake() {
    if (this.scheduled) return;
    this.scheduled = true;
    this.raf(t => this.frame(t));
  }

  frame(wall = this.wall()) {
    this.scheduled = false;
    const dt = this.idle ? 0 : Math.min(250, Math.max(0, wall - this.lastWall)); // time spent standing still does not count
    this.lastWall = wall;
    this.move(wall, dt);
    this.present(wall);
    this.idle = !this.active();
    if (!this.idle) this.wake();
  }

  /** Is there anything left to draw? */
  active() {
    if (this.glide || (this.following ? this.clock.playing || this.time < this.store.now : this.running)) return true;
    return this.views.some(slot => Object.keys(slot.pending).length);
  }

  /** @param {number} wall @param {number} dt */
  move(wall, dt) {
    if (this.glide) return this.moveGlide(wall);
    if (this.following) {
      if (this.reduced() && !this.clock.playing) this.time = this.store.now;
      else this.time = this.clock.advance(this.time, wall, dt, this.store.now);
    } else if (this.running) this.moveAlone(dt);
  }

  /** @param {number} wall */
  moveGlide(wall) {
    const {from, to, start, length} = /** @type {any} */ (this.glide);
    const part = length > 0 ? Math.min(1, (wall - start) / length) : 1;
    this.time = from + (to - from) * part;
    if (part === 1) {
      this.time = to;
      this.glide = null;
    }
  }

  /** @param {number} dt */
  moveAlone(dt) {
    this.time += dt * this.localSpeed * 1000 * this.direction;
    const first = this.store.oldestTime();
    if (this.bound && this.direction > 0) {
      if (this.time >= this.bound.time) this.stop(this.bound);
    } else if (this.direction < 0 && this.time <= first) {
      this.time = first;
      this.running = false;
      this.changed({transport: true});
    } else if (this.direction > 0 && this.time >= this.clock.estimate(this.wall()) - 150 * this.clock.rate) {
      this.follow();
    } else this.time = Math.min(this.time, this.store.now);
  }

  /** @param {{seq: number, time: number}} where */
  stop({seq, time}) {
    Object.assign(this, {time, pin: seq, bound: null, running: false});
    this.changed({transport: true});
  }

  /** The moment to show, and whoever must draw it. @param {number} wall */
  present(wall) {
    const before = this.shown;
    this.shown = this.resolve();
    const s = this.shown;
    /** @type {Changed} */
    const what = {};
    if (s.time !== before.time) what.time = true;
    if (s.seq !== before.seq || s.view !== before.view || s.branch !== before.branch) what.seq = true;
    if (s.playing !== before.playing || s.live !== before.live) what.transport = true;
    for (const slot of this.views) this.drawSlot(slot, what, wall);
  }

  /** @param {{view: Drawn, pending: Changed, drawn: number}} slot @param {Changed} what @param {number} wall */
  drawSlot(slot, what, wall) {
    Object.assign(slot.pending, what);
    const {pending} = slot;
    if (!slot.view.everyFrame) delete pending.time;
    if (!Object.keys(pending).length) return;
    const soon = slot.view.everyFrame || !this.shown.playing || pending.all || pending.selection || pending.lang;
    if (!soon && wall - slot.drawn < PANEL_PAUSE) return;
    slot.pending = {};
    slot.drawn = wall;
    slot.view.draw(this.shown, pending);
  }

  /** @returns {Shown} */
  resolve() {
    const {store} = this;
    const state = {live: this.following, playing: this.playing, speed: this.speed, direction: this.direction,
      branch: store.branch};
    const seq = this.seqNow();
    const view = store.viewAt(seq);
    if (!view) return {...this.shown, ...state, loading: true};
    const event = seq > 0 ? store.event(seq) : undefined;
    const time = this.reduced() && state.playing && event ? event.time : this.time;
    return {...state, time, seq, view, event, loading: false};
  }

  /** The last event not after the shown time; a pinned one where several share that time. */
  seqNow() {
    const seq = Math.min(this.store.seqAt(this.time), this.store.head);
    if (this.pin === null) return seq;
    if (!this.glide) return this.pin;
    return this.glide.to >= this.glide.from ? Math.min(seq, this.pin) : Math.max(seq, this.pin);
  }
}
