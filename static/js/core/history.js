/**
 * One branch's trace as far as this browser holds it: chunks of events behind a base view each. A chunk's views
 * are reduced on demand and every 32nd is remembered, so any loaded moment costs at most 32 reductions. Memory
 * is bounded: the chunk that nobody has looked at longest goes first, and can be fetched again.
 */

import {decodeEvent, reduce} from './reduce.js';

/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Event} TraceEvent */

const CHECKPOINT = 32;
const SEAL = 512;
const KEEP_CHUNKS = 48;

export class Chunk {
  /** @param {View} base @param {TraceEvent[]} events */
  constructor(base, events) {
    this.base = base;
    this.events = events;
    this.used = 0;
    /** @type {View[]} view after every CHECKPOINT-th event */
    this.checkpoints = [base];
    this.memo = base;
  }

  get last() { return this.base.seq + this.events.length; }
  get lastTime() { return this.events.length ? this.events[this.events.length - 1].time : this.base.time; }

  /** @param {number} seq */
  holds(seq) { return seq >= this.base.seq && seq <= this.last; }

  /** The view after event `seq`. @param {number} seq @returns {View} */
  view(seq) {
    const from = this.nearest(seq);
    let view = from;
    for (let i = from.seq - this.base.seq; i < seq - this.base.seq; i++) {
      view = reduce(view, this.events[i]);
      if ((i + 1) % CHECKPOINT === 0) this.checkpoints[(i + 1) / CHECKPOINT] = view;
    }
    this.memo = view;
    return view;
  }

  /** The latest view known at or before `seq`. @param {number} seq */
  nearest(seq) {
    let best = this.memo.seq <= seq ? this.memo : this.base;
    for (let k = Math.floor((seq - this.base.seq) / CHECKPOINT); k > 0; k--) {
      const point = this.checkpoints[k];
      if (point) return point.seq > best.seq ? point : best;
      if (this.base.seq + k * CHECKPOINT <= best.seq) break;
    }
    return best;
  }

  /** How many events have time <= t (binary search). @param {number} time */
  countUntil(time) {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.events[mid].time <= time) low = mid + 1;
      else high = mid;
    }
    return low;
  }
}

export class History {
  /** @param {string} branch */
  constructor(branch) {
    this.branch = branch;
    /** @type {Chunk[]} sorted by base.seq; the last is the growing tail */
    this.chunks = [];
    this.tick = 0;
  }

  get tail() { return this.chunks[this.chunks.length - 1]; }
  get head() { return this.tail ? this.tail.last : 0; }

  /** Start afresh at a view; what was loaded before it stays. @param {View} view */
  reset(view) {
    this.chunks = this.chunks.filter(c => c.last <= view.seq);
    this.chunks.push(new Chunk(view, []));
  }

  /** Events that continue the tail; those already held are skipped. Gives false when there is a hole.
   * @param {TraceEvent[]} events */
  append(events) {
    for (const event of events) {
      if (event.seq <= this.head) continue;
      if (event.seq !== this.head + 1) return false;
      if (this.tail.events.length >= SEAL) this.chunks.push(new Chunk(this.tail.view(this.tail.last), []));
      this.tail.events.push(event);
    }
    this.trim();
    return true;
  }

  /** A fetched chunk; what it holds beyond our head will come by the socket. @param {View} base @param {any[][]} events */
  insert(base, events) {
    const ours = events.slice(0, Math.max(0, this.head - base.seq));
    if (!ours.length || this.chunks.some(c => c.base.seq === base.seq && c.events.length >= ours.length)) return;
    const chunk = new Chunk(base, ours.map(decodeEvent));
    chunk.used = ++this.tick;
    const at = this.chunks.findIndex(c => c.base.seq > base.seq || c === this.tail);
    this.chunks.splice(at < 0 ? this.chunks.length : at, 0, chunk);
    this.trim();
  }

  /** Takes over what another branch holds of the time before the fork. @param {History} parent @param {number} forkSeq */
  share(parent, forkSeq) {
    this.chunks = parent.chunks.filter(c => c.last <= forkSeq && c.events.length);
  }

  trim() {
    while (this.chunks.length > KEEP_CHUNKS) {
      let oldest = 0;
      for (let i = 1; i < this.chunks.length - 1; i++) {
        if (this.chunks[i].used < this.chunks[oldest].used) oldest = i;
      }
      this.chunks.splice(oldest, 1);
    }
  }

  /** @param {number} seq */
  find(seq) {
    for (let i = this.chunks.length - 1; i >= 0; i--) {
      const chunk = this.chunks[i];
      if (!chunk.holds(seq)) continue;
      chunk.used = ++this.tick;
      return chunk;
    }
    return null;
  }

  /** @param {number} seq @returns {View|null} */
  view(seq) {
    return this.find(seq)?.view(seq) ?? null;
  }

  /** @param {number} seq @returns {TraceEvent|undefined} */
  event(seq) {
    for (let i = this.chunks.length - 1; i >= 0; i--) {
      const chunk = this.chunks[i];
      if (seq > chunk.base.seq && seq <= chunk.last) return chunk.events[seq - chunk.base.seq - 1];
    }
    return undefined;
  }

  /** Loaded events from..to in order; what is not loaded is left out. @param {number} from @param {number} to */
  range(from, to) {
    /** @type {TraceEvent[]} */
    const out = [];
    let next = from;
    for (const chunk of this.chunks) {
      const begin = Math.max(next, chunk.base.seq + 1);
      const end = Math.min(to, chunk.last);
      for (let seq = begin; seq <= end; seq++) out.push(chunk.events[seq - chunk.base.seq - 1]);
      next = Math.max(next, end + 1);
    }
    return out;
  }

  /**
   * The last seq with time <= t. `exact` is false where the trace is not loaded: then it is the best guess, and
   * loading that guess brings the next call nearer.
   * @param {number} time @returns {{seq: number, exact: boolean}}
   */
  locate(time) {
    let low = {seq: 0, time: 0};
    let high = null;
    for (const chunk of this.chunks) {
      if (chunk.base.time > time && chunk.base.seq > 0) { high = chunk.base; break; }
      const count = chunk.countUntil(time);
      low = {seq: chunk.base.seq + count, time: count ? chunk.events[count - 1].time : chunk.base.time};
      if (count < chunk.events.length || chunk === this.tail) return {seq: low.seq, exact: true};
    }
    if (!high) return {seq: low.seq, exact: true};
    if (high.seq <= low.seq) return {seq: low.seq, exact: true};
    return guess(low, high, time);
  }
}

/** Between two known moments, by proportion; never the lower end itself, which is known already.
 * @param {{seq: number, time: number}} low @param {{seq: number, time: number}} high @param {number} time */
function guess(low, high, time) {
  const part = (time - low.time) / Math.max(1, high.time - low.time);
  const seq = Math.round(low.seq + part * (high.seq - low.seq));
  return {seq: Math.min(high.seq - 1, Math.max(low.seq + 1, seq)), exact: false};
}
