/**
 * How stale and how slow the store was, from its trace alone: between a coordinator's first word and its last.
 *
 * A read is fresh if what it returns includes the newest write of its key that was complete when the read began; `t` is how
 * long it was complete by then.
 */

import { wilson } from './formulas.js';

/** @typedef {import('../types.js').Event} TraceEvent */
/** @typedef {{node: string, counter: number}} Stamp */
/** @typedef {{stamp: Stamp, past: [string, number][], client: string, serial: number, value: string}} Version */
/** @typedef {{op: 'put'|'get', client: string, key: string, outcome: 'ok'|'failed', value: string, took: number, quorum: string[], need: number,
 *   t: number|null, fresh: boolean|null}} Sample  times in milliseconds; `t` and `fresh` of a read that follows a write */
/** @typedef {{command: {op: 'put'|'get', key: string, value: string, client: string, serial: number}, begun: number, after: Write|undefined}} Operation */
/** @typedef {{time: number, stamp: Stamp}} Write */

export class Staleness {
  constructor() {
    /** Requests on their way, by the message's id. @type {Map<number, any>} */
    this.asked = new Map();
    /** @type {Map<string, Operation>} */
    this.running = new Map();
    /** The newest complete write of each key. @type {Map<string, Write>} */
    this.complete = new Map();
  }

  /** What ends with this event, if an operation does. @param {TraceEvent} event @returns {Sample|null} */
  feed({ seq, time, kind, node, body }) {
    if (kind === 'send' && body[1] === 'QuorumRequest') this.asked.set(seq, body[2].command);
    else if (kind === 'send' && body[1] === 'QuorumReply') return this.end(`${body[0]}/${body[2].serial}@${node}`, time, body[2]);
    else if (kind === 'drop') this.asked.delete(body[0]);
    else if (kind === 'deliver' && this.asked.has(body[0])) this.begin(node, time, body[0]);
    return null;
  }

  /** @param {string} node @param {number} time @param {number} id */
  begin(node, time, id) {
    const command = this.asked.get(id);
    this.asked.delete(id);
    this.running.set(`${command.client}/${command.serial}@${node}`, { command, begun: time, after: this.complete.get(command.key) });
  }

  /** @param {string} name @param {number} time @param {{status: string, versions?: Version[], quorum?: string[], need?: number}} reply @returns {Sample|null} */
  end(name, time, { status, versions = [], quorum = [], need = 0 }) {
    const found = this.running.get(name);
    if (!found) return null;
    this.running.delete(name);
    const { command, begun, after } = found;
    const ok = status === 'ok';
    const written = ok && command.op === 'put' ? versions.find((v) => v.client === command.client && v.serial === command.serial) : undefined;
    if (written) this.complete.set(command.key, { time, stamp: written.stamp });
    const follows = ok && command.op === 'get' && after;
    return {
      op: command.op, client: command.client, key: command.key, outcome: ok ? 'ok' : 'failed', took: (time - begun) / 1000, quorum, need,
      value: command.op === 'put' ? command.value : versions.map((v) => v.value).join(', '),
      t: follows ? (begun - after.time) / 1000 : null,
      fresh: follows ? includes(versions, after.stamp) : null,
    };
  }
}

/** Whether these versions are, or have replaced, the one with this stamp. @param {Version[]} versions @param {Stamp} stamp */
function includes(versions, { node, counter }) {
  return versions.some((v) => (v.stamp.node === node && v.stamp.counter === counter) || (v.past ?? []).some(([n, c]) => n === node && c >= counter));
}

/** Reads in groups by `t`, from 0 to `end`, with the interval that has the true share of fresh ones with 95 % confidence.
 * @param {Sample[]} samples @param {number} end @param {number} [count] @returns {import('./charts.js').Measured[]} */
export function groups(samples, end, count = 8) {
  /** @type {Sample[][]} */
  const found = Array.from({ length: count }, () => []);
  for (const s of samples) if (s.t !== null && s.t <= end) found[Math.min(count - 1, Math.floor((s.t / end) * count))].push(s);
  return found.filter((group) => group.length).map((group) => {
    const fresh = group.filter((s) => s.fresh).length;
    return { t: group.reduce((sum, s) => sum + (s.t ?? 0), 0) / group.length, share: fresh / group.length, ...wilson(fresh, group.length) };
  });
}

/** Some percentiles of times, each with the interval that has the true one with 95 % confidence. @param {number[]} times
 * @returns {{percent: number, value: number, low: number, high: number}[]} */
export function percentiles(times) {
  const sorted = Float64Array.from(times).sort();
  const at = (/** @type {number} */ share) => sorted[Math.max(0, Math.min(sorted.length - 1, Math.floor(share * sorted.length)))];
  return [25, 50, 75, 90, 95, 99].filter((percent) => sorted.length * (1 - percent / 100) >= 3).map((percent) => {
    const share = percent / 100;
    const reach = 1.96 * Math.sqrt((share * (1 - share)) / sorted.length);
    return { percent, value: at(share), low: at(share - reach), high: at(share + reach) };
  });
}

/** What was measured since the conditions last changed. */
export class Measured {
  constructor() {
    this.staleness = new Staleness();
    /** Reads that follow a write. @type {Sample[]} */
    this.reads = [];
    /** @type {number[]} */
    this.readTimes = [];
    /** @type {number[]} */
    this.writeTimes = [];
    this.failed = 0;
    this.since = performance.now();
  }

  /** @param {TraceEvent} event */
  feed(event) {
    const sample = this.staleness.feed(event);
    if (!sample) return null;
    if (sample.outcome !== 'ok') this.failed++;
    else if (sample.op === 'put') this.writeTimes.push(sample.took);
    else {
      this.readTimes.push(sample.took);
      if (sample.t !== null) this.reads.push(sample);
    }
    return sample;
  }

  get stale() {
    return this.reads.reduce((count, sample) => count + (sample.fresh ? 0 : 1), 0);
  }
}
