/** Which events and messages a list keeps. */

/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('../types.js').Message} Message */
/** @typedef {{show: 'all'|'rules', node: string}} EventFilter node '' means any */
/** @typedef {{type: string, node: string}} MessageFilter '' means any */

/** Events that no server explains, and that matter as much as those that are. */
const LANDMARKS = new Set(['crash', 'restart', 'pause', 'resume', 'command', 'violation', 'request', 'say', 'network', 'clock', 'join', 'leave']);

/** @param {Event} event @param {EventFilter} filter */
export function keepsEvent(event, filter) {
  if (filter.node && event.node !== filter.node) return false;
  return filter.show === 'all' || event.why.length > 0 || LANDMARKS.has(event.kind);
}

/** @param {{type: string, src: string, dst: string}} message @param {MessageFilter} filter */
export function keepsMessage(message, filter) {
  if (filter.type && message.type !== filter.type) return false;
  return !filter.node || message.src === filter.node || message.dst === filter.node;
}

/** @typedef {{id: number, src: string, dst: string, service: string, type: string, fields: any, sent: number,
 *   end: 'deliver'|'drop', at: number, seq: number, reason: string}} PastMessage */

/**
 * The messages that ended in these events, newest first. A message whose `send` is not loaded is left out.
 * @param {Event[]} events @param {(seq: number) => Event|undefined} eventAt @param {MessageFilter} filter
 * @param {number} limit
 * @returns {PastMessage[]}
 */
export function pastMessages(events, eventAt, filter, limit) {
  /** @type {PastMessage[]} */
  const past = [];
  for (let i = events.length - 1; i >= 0 && past.length < limit; i--) {
    const event = events[i];
    if (event.kind !== 'deliver' && event.kind !== 'drop') continue;
    const send = eventAt(event.body[0]);
    if (!send) continue;
    const [dst, type, fields] = send.body;
    const message = { id: send.seq, src: send.node, dst, service: send.service, type, fields, sent: send.time };
    if (!keepsMessage(message, filter)) continue;
    past.push({ ...message, end: event.kind, at: event.time, seq: event.seq, reason: event.kind === 'drop' ? event.body[1] : '' });
  }
  return past;
}
