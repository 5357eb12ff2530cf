/** What an event changed at its node, field by field, for marking it: old -> new. */

import { fieldRows } from './format.js';

/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('../types.js').Fields} Fields */

/**
 * The latest event at a node, not after `seq`, that explained itself or changed something there.
 * @param {(seq: number) => Event|undefined} eventAt
 * @param {string} node @param {string} service @param {number} seq @param {number} [reach] how far back to look
 * @returns {Event|undefined}
 */
export function lastEventAt(eventAt, node, service, seq, reach = 4000) {
  for (let at = seq; at > 0 && at > seq - reach; at--) {
    const event = eventAt(at);
    if (!event) return undefined;
    const here = event.node === node && (!event.service || event.service === service);
    if (here && (event.why.length || event.patch.length)) return event;
  }
  return undefined;
}

/**
 * The rows that differ, by row label, with what was there before ('' for nothing).
 * @param {Event|undefined} event @param {Fields|undefined} before @param {Fields|undefined} after
 * @param {(count: number) => string} entries
 * @returns {Map<string, string>}
 */
export function changedRows(event, before, after, entries) {
  /** @type {Map<string, string>} */
  const changed = new Map();
  if (!event || !after || event.kind === 'start') return changed;
  for (const field of new Set(event.patch.map((change) => String(change[0])))) {
    if (field.startsWith('@')) continue;
    const old = new Map(before && field in before ? fieldRows(field, before[field], entries) : []);
    for (const [label, text] of fieldRows(field, after[field], entries)) {
      if (old.get(label) !== text) changed.set(label, old.get(label) ?? '');
    }
  }
  return changed;
}
