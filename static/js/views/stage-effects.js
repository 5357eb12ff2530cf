/**
 * What lingers for a moment after it happened: a dropped message fades, a write ticks, a quorum joins hands.
 * Nothing here keeps time: an effect's age is a function of the shown time, so it plays backwards too.
 */

import {share} from '../core/reduce.js';

/** @typedef {import('../types.js').Event} TraceEvent */

/** So long an effect lasts on screen, in wall ms. */
const LASTS = 1100;
const MOST = 400;

/** Kinds that leave something to see. */
const SEEN = new Set(['drop', 'save', 'saved', 'timeout', 'restart', 'crash']);

/**
 * Recent events with their age: 0 just now, 1 over.
 * @param {import('../types.js').Shown} shown @param {any} store @param {any} lens
 * @returns {{event: TraceEvent, age: number}[]}
 */
export function effects(shown, store, lens) {
  const lasting = Math.max(1, LASTS * 1000 * shown.speed);
  const first = Math.max(store.seqAt(shown.time - 2 * lasting), shown.seq - MOST) + 1;
  const out = [];
  for (const event of store.range(first, shown.seq)) {
    if (event.service && event.service !== lens.service && event.service !== lens.client) continue;
    if (!SEEN.has(event.kind) && !lens.quorum(event)) continue;
    const length = event.kind === 'drop' ? lasting + flight(event, store) : lasting;
    const age = (shown.time - event.time) / length;
    if (age <= 1) out.push({event, age: Math.max(0, age)});
  }
  return out;
}

/** @type {WeakMap<TraceEvent, any>} */
const lostMessages = new WeakMap();

/** The message that a drop took away, as it was then. @param {TraceEvent} drop @param {any} store */
export function lost(drop, store) {
  let m = lostMessages.get(drop);
  if (m === undefined) {
    m = store.viewAt(drop.seq - 1)?.messages[drop.body[0]] ?? null;
    if (m) lostMessages.set(drop, m);
  }
  return m;
}

/** One that was doomed when it left still flies to the middle of its line, where people can see it stop.
 * @param {TraceEvent} drop @param {any} store */
function flight(drop, store) {
  const m = lost(drop, store);
  if (!m || share(m, drop.time) > 0) return 0;
  return (m.arrives - m.from) / 2;
}

/** Where on its line a dropped message is to be drawn, and how much of it is left.
 * @param {TraceEvent} drop @param {any} m @param {number} time @param {number} long */
export function fading(drop, m, time, long) {
  const died = share(m, drop.time);
  if (died > 0) return {at: died, left: 1 - (time - drop.time) / long, dead: true};
  const end = drop.time + (m.arrives - m.from) / 2;
  if (time < end) return {at: share(m, time), left: 1, dead: false};
  return {at: 0.5, left: 1 - (time - end) / long, dead: true};
}

/** The length of one effect in virtual time at this pace. @param {number} speed */
export function lasting(speed) {
  return Math.max(1, LASTS * 1000 * speed);
}
