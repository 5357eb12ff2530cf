/**
 * reduce(view, event) -> view: the one function that turns the trace into pictures (docs/protocol.md).
 * Views are never changed in place; what an event does not touch is shared with the view before it.
 */

/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Event} TraceEvent */
/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').NodeView} NodeView */
/** @typedef {import('../types.js').ServiceView} ServiceView */

/** The wire's array, with names. @param {any[]} a @returns {TraceEvent} */
export function decodeEvent(a) {
  return {seq: a[0], time: a[1], kind: a[2], node: a[3], service: a[4], cause: a[5], body: a[6], patch: a[7], why: a[8]};
}

/**
 * How far a message is on its line at a time: 0 the sender's rim, 1 the receiver's. A held one stops in the
 * middle, or where it was if that is beyond.
 * @param {Message} m @param {number} time
 */
export function share(m, time) {
  const span = m.arrives - m.from;
  const going = span > 0 ? m.at + (1 - m.at) * (time - m.from) / span : (time >= m.arrives ? 1 : m.at);
  const limit = m.held ? Math.max(0.5, m.at) : 1;
  return Math.min(limit, Math.max(0, going));
}

/** @param {View} view @param {TraceEvent} event @returns {View} */
export function reduce(view, event) {
  const next = {...view, seq: event.seq, time: event.time};
  const change = KINDS[event.kind];
  if (change) change(next, event);
  if (event.patch.length) patchService(next, event);
  return next;
}

/** What each kind does besides its patch; `v` is a fresh top level that may be assigned to.
 * @type {Record<string, (v: View, e: TraceEvent) => void>} */
const KINDS = {
  join: arrive,
  leave(v, e) {
    const {[e.node]: _gone, ...rest} = v.nodes;
    v.nodes = rest;
  },
  start: rise,
  restart: rise,
  crash(v, e) {
    onNode(v, e.node, {status: 'crashed', since: e.time, trap: ''});
    onService(v, e, {timers: {}, busyUntil: 0});
  },
  pause: (v, e) => onNode(v, e.node, {status: 'paused', since: e.time}),
  resume: (v, e) => onNode(v, e.node, {status: 'up', since: e.time}),
  clock: (v, e) => onNode(v, e.node, {clock: e.body[0]}),
  trap: (v, e) => onNode(v, e.node, {trap: e.body[0]}),
  network(v, e) { v.network = e.body[0]; },
  violation(v, e) { v.laws = {...v.laws, [e.body[0]]: e.seq}; },
  save(v, e) { if (e.body[0] > e.time) onService(v, e, {busyUntil: e.body[0]}); },
  saved: (v, e) => onService(v, e, {busyUntil: 0}),
  send: addMessage,
  deliver: (v, e) => removeMessage(v, e.body[0]),
  drop: (v, e) => removeMessage(v, e.body[0]),
  hold: (v, e) => changeMessage(v, e, {held: true, arrives: Math.max(e.time, v.messages[e.body[0]]?.arrives ?? 0)}),
  reschedule: (v, e) => changeMessage(v, e, {held: false, arrives: e.body[1]}),
};

/** A client joins: nothing has started on it yet. @param {View} v @param {TraceEvent} e */
function arrive(v, e) {
  const services = Object.fromEntries(e.body[0].map((/** @type {string} */ name) => [name, {state: {}, timers: {}, busyUntil: 0}]));
  onNode(v, e.node, {status: 'up', since: e.time, client: true, joined: true, services});
}

/** @param {View} v @param {TraceEvent} e */
function rise(v, e) {
  onNode(v, e.node, {status: 'up', since: e.time});
}

/** @param {View} v @param {string} id @param {Partial<NodeView>} change */
function onNode(v, id, change) {
  const fresh = {status: 'up', since: 0, clock: 1, trap: '', client: false, services: {}};
  v.nodes = {...v.nodes, [id]: /** @type {NodeView} */ ({...fresh, ...v.nodes[id], ...change})};
}

/** @param {View} v @param {TraceEvent} e @param {Partial<ServiceView>} change */
function onService(v, e, change) {
  const services = v.nodes[e.node]?.services ?? {};
  const before = services[e.service] ?? {state: {}, timers: {}, busyUntil: 0};
  onNode(v, e.node, {services: {...services, [e.service]: {...before, ...change}}});
}

/** @param {View} v @param {TraceEvent} e */
function addMessage(v, e) {
  const [dst, type, fields, arrives, held, copyOf] = e.body;
  const m = {id: e.seq, src: e.node, dst, service: e.service, type, fields, sent: e.time, arrives,
    held: Boolean(held), from: e.time, at: 0, copyOf};
  v.messages = {...v.messages, [e.seq]: m};
}

/** @param {View} v @param {number} id */
function removeMessage(v, id) {
  const {[id]: _gone, ...rest} = v.messages;
  v.messages = rest;
}

/** A message keeps its place while its fate changes. @param {View} v @param {TraceEvent} e @param {Partial<Message>} change */
function changeMessage(v, e, change) {
  const m = v.messages[e.body[0]];
  if (!m) return;
  v.messages = {...v.messages, [m.id]: {...m, at: share(m, e.time), from: e.time, ...change}};
}

/** @param {View} v @param {TraceEvent} e */
function patchService(v, e) {
  const before = v.nodes[e.node]?.services[e.service] ?? {state: {}, timers: {}, busyUntil: 0};
  const state = {...before.state};
  let timers = before.timers;
  for (const change of e.patch) {
    if (change[0][0] === '@') timers = patchTimers(timers, change[0].slice(1), change[1]);
    else state[change[0]] = patched(state[change[0]], change);
  }
  onService(v, e, {state, timers});
}

/** @param {Record<string, [number, number]>} timers @param {string} name @param {[number, number]|null} value */
function patchTimers(timers, name, value) {
  if (value) return {...timers, [name]: value};
  const {[name]: _gone, ...rest} = timers;
  return rest;
}

/** @param {any} old @param {any[]} change */
function patched(old, change) {
  if (change.length === 2) return change[1];
  if (change[1] === 'merge') return merged(old ?? {}, change[2], change[3]);
  const list = (old ?? []).slice(0, change[1]);
  for (const item of change[2]) list.push(item);
  return list;
}

/** @param {Record<string, any>} old @param {Record<string, any>} laid @param {string[]} removed */
function merged(old, laid, removed) {
  const next = {...old, ...laid};
  for (const key of removed) delete next[key];
  return next;
}
