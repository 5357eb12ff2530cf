/**
 * Which events a long list holds. Unfiltered, row i is event `first + i` and nothing need be loaded to know it.
 * Filtered, the list holds what was found in a stretch [low, high] of the trace that has been looked through;
 * the stretch grows at either end when the reader comes near it, and starts afresh after a far jump.
 */

import { keepsEvent } from './filters.js';

/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('./filters.js').EventFilter} EventFilter */
/** @typedef {{event: (seq: number) => Event|undefined, head: number, oldest: number}} Trace */

/** How many events are looked through at one go. */
const REACH = 600;
/** A jump farther than this outside of the stretch starts a new one. */
const FAR = 3000;

export class EventWindow {
  /** @param {Trace} trace */
  constructor(trace) {
    this.trace = trace;
    /** @type {EventFilter} */
    this.filter = { show: 'all', node: '' };
    /** @type {number[]} seqs kept, in order */
    this.found = [];
    this.low = 1;
    this.high = 0;
  }

  /** @param {number} around */
  reset(around) {
    this.found = [];
    this.low = around + 1;
    this.high = around;
  }

  get whole() {
    return this.filter.show === 'all' && !this.filter.node;
  }

  get first() {
    return Math.max(1, this.trace.oldest);
  }

  get length() {
    return this.whole ? Math.max(0, this.trace.head - this.first + 1) : this.found.length;
  }

  /** @param {number} row @returns {number} seq */
  seqAt(row) {
    return this.whole ? this.first + row : this.found[row];
  }

  /** The last row whose event is not after `seq`; -1 when there is none. @param {number} seq */
  rowOf(seq) {
    if (this.whole) return Math.min(seq, this.trace.head) - this.first;
    let low = 0;
    let high = this.found.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.found[mid] <= seq) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }

  /** Makes sure that the surroundings of `seq` have been looked through; gives how many rows came in front. @param {number} seq */
  reach(seq) {
    if (this.whole) return 0;
    if (seq < this.low - FAR || seq > this.high + FAR || this.low < this.first) this.reset(seq);
    const before = this.found.length ? this.found[0] : 0;
    while (this.high < Math.min(this.trace.head, seq + REACH) && this.forward());
    while (this.low > Math.max(this.first, seq - REACH) && this.backward());
    return before ? this.rowOf(before) : 0;
  }

  /** Looks further back, for a reader who has scrolled to the top; gives how many rows came in front. */
  earlier() {
    const had = this.found.length;
    const stop = Math.max(this.first, this.low - REACH);
    while (this.low > stop && this.backward());
    return this.found.length - had;
  }

  /** Looks further ahead; gives how many rows came. */
  later() {
    const had = this.found.length;
    const stop = Math.min(this.trace.head, this.high + REACH);
    while (this.high < stop && this.forward());
    return this.found.length - had;
  }

  forward() {
    const event = this.trace.event(this.high + 1);
    if (!event) return false;
    this.high++;
    if (keepsEvent(event, this.filter)) this.found.push(event.seq);
    return true;
  }

  backward() {
    const event = this.trace.event(this.low - 1);
    if (!event) return false;
    this.low--;
    if (keepsEvent(event, this.filter)) this.found.unshift(event.seq);
    return true;
  }
}
