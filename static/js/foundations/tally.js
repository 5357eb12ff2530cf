/**
 * What a run's clients were served, counted from its trace: a pure function of the events. One operation is what a client
 * asked (rule `issue`) until it was answered (rule `answered`).
 */

/** @typedef {import('../types.js').Event} TraceEvent */
/** @typedef {{client: string, asked: number, answered: number}} Operation times in virtual µs; answered is Infinity while it waits */

/** @param {TraceEvent[]} events @returns {Operation[]} in the order in which they were asked */
export function operations(events) {
  /** @type {Operation[]} */
  const all = [];
  /** @type {Map<string, Operation>} */
  const open = new Map();
  for (const { node, time, why } of events) {
    for (const [rule] of why) {
      if (rule === 'answered') {
        const operation = open.get(node);
        if (operation) operation.answered = time;
        open.delete(node);
      } else if (rule === 'issue') {
        const operation = { client: node, asked: time, answered: Infinity };
        all.push(operation);
        open.set(node, operation);
      }
    }
  }
  return all;
}

/**
 * As it stood at `time`: how many were answered, how long the one that waits longest has been waiting, and the measures from
 * `from` on: throughput (answers a second), latency (mean time that an answer took, µs) and how many were under way on average.
 * @param {Operation[]} all @param {number} time @param {number} [from]
 */
export function tally(all, time, from = 0) {
  const asked = all.filter((o) => o.asked <= time);
  const done = asked.filter((o) => o.answered <= time);
  const late = done.filter((o) => o.answered > from);
  const waiting = asked.filter((o) => o.answered > time);
  const span = Math.max(1, time - from);
  const inside = asked.reduce((sum, o) => sum + Math.max(0, Math.min(o.answered, time) - Math.max(o.asked, from)), 0);
  return {
    answered: done.length,
    waiting: waiting.length,
    longest: Math.max(0, ...waiting.map((o) => time - o.asked)),
    throughput: (late.length * 1e6) / span,
    latency: late.length ? late.reduce((sum, o) => sum + o.answered - o.asked, 0) / late.length : 0,
    concurrency: inside / span,
  };
}
