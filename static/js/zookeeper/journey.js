/**
 * What became of one request, read off the trace: from the client to its server and the leader, through proposals,
 * acknowledgements and the commit, to the answer and to whoever was watching. It starts at the event by which the
 * request left its client.
 */

import {SERVICE, hex} from './values.js';

/** @typedef {import('../types.js').Event} Event */
/** @typedef {{stage: string, seq: number, time: number, node: string, rules: string[]}} Stop */
/** @typedef {{call: number, client: string, server: string, leader: string, zxid: number, operation: any, stops: Stop[], messages: Set<number>, done: boolean, error: number|null}} Journey */

/** Which stage of the way a rule belongs to, when it speaks of the request's own zxid. @type {Record<string, string>} */
const STAGES = {'log-proposal': 'logs', acknowledged: 'acks', commit: 'commits', 'commit-learned': 'applies', apply: 'applies', 'answers-write': 'answers'};
/** How a server takes a request. */
const TAKES = ['takes-write', 'answers-read', 'asks-sync', 'authenticated', 'auth-failed'];
const PATIENCE = 6000;

/** @param {any} store @param {number} call @returns {Promise<Journey|null>} */
export async function journeyOf(store, call) {
  await store.ensure(call);
  const sent = store.event(call);
  if (sent?.kind !== 'send' || sent.body[1] !== 'Call') return null;
  const walk = new Walk(store, sent);
  for (let seq = call + 1; seq <= Math.min(store.head, call + PATIENCE) && !walk.over; seq++) {
    if (!store.event(seq)) await store.ensure(seq);
    const event = store.event(seq);
    if (event) walk.take(event);
  }
  return walk.journey;
}

class Walk {
  /** @param {any} store @param {Event} sent */
  constructor(store, sent) {
    this.store = store;
    const [server, , fields] = sent.body;
    this.xid = fields.xid;
    this.isWrite = WRITES.has(fields.operation.op);
    const up = store.viewAt(sent.seq);
    this.session = Object.values(up.nodes[sent.node].services).map((/** @type {any} */ s) => s.state.session)[0];
    /** Servers that have still to apply it. */
    this.applying = new Set(Object.keys(up.nodes).filter(n => up.nodes[n].services[SERVICE] && up.nodes[n].status === 'up'));
    this.path = new Set([sent.seq]);
    this.over = false;
    /** @type {Journey} */
    this.journey = {call: sent.seq, client: sent.node, server, leader: '', zxid: 0, operation: fields.operation, stops: [], messages: new Set([sent.seq]), done: false, error: null};
    this.stop('asks', sent, ['client-asks']);
  }

  /** @param {string} stage @param {Event} event @param {string[]} rules */
  stop(stage, event, rules) {
    const {stops} = this.journey;
    const known = stops.find(s => s.seq === event.seq && s.stage === stage);
    if (known) known.rules.push(...rules.filter(rule => !known.rules.includes(rule)));
    else stops.push({stage, seq: event.seq, time: event.time, node: event.node, rules});
  }

  /** @param {Event} e */
  take(e) {
    if (e.kind === 'send') this.leaves(e);
    else if (e.kind === 'deliver') this.arrives(e);
    if (this.journey.zxid) this.agreed(e);
  }

  /** @param {Event} e */
  leaves(e) {
    const [dst, type, fields] = e.body;
    const {journey} = this;
    if (type === 'Proposal' && !journey.zxid && fields.txn?.command?.session === this.session && fields.txn.command.cxid === this.xid) this.proposed(e, fields.txn.zxid);
    const mine = fields.zxid === journey.zxid || fields.txn?.zxid === journey.zxid;
    if ((type === 'Request' && fields.command?.session === this.session && fields.command?.cxid === this.xid)
      || (journey.zxid && ['Proposal', 'Ack', 'Commit', 'Inform'].includes(type) && mine)
      || (type === 'Reply' && dst === journey.client && fields.xid === this.xid)
      || (type === 'WatchedEvent' && this.path.has(e.cause) && e.cause !== journey.call)) journey.messages.add(e.seq);
  }

  /** The leader has made a transaction of it, in the event that sent this. @param {Event} e @param {number} zxid */
  proposed(e, zxid) {
    const cause = this.store.event(e.cause);
    this.journey.zxid = zxid;
    this.journey.leader = e.node;
    if (cause) this.stop('proposes', cause, ['propose']);
  }

  /** @param {Event} e */
  arrives(e) {
    const {journey, store} = this;
    const [id, src, type] = e.body;
    const rules = e.why.map(([rule]) => rule);
    if (type === 'Call' && e.node === journey.server && src === journey.client) {
      const took = rules.filter(rule => TAKES.includes(rule));
      if (journey.messages.has(id) && took.length) this.stop('takes', e, took);
    }
    if (!journey.messages.has(id)) return;
    if (type === 'WatchedEvent') this.stop('told', e, ['event']);
    if (type !== 'Reply') return;
    journey.error = store.event(id)?.body[2].error ?? null;
    this.stop('answered', e, ['answer-to']);
    journey.done = true;
    this.end();
  }

  /** What speaks of its zxid. @param {Event} e */
  agreed(e) {
    const name = hex(this.journey.zxid);
    let mine = false;
    for (const [rule, data] of e.why) {
      if (data.zxid === name && STAGES[rule] && !(rule === 'answers-write' && data.client !== this.journey.client)) {
        mine = true;
        this.stop(STAGES[rule], e, [rule]);
        if (rule === 'apply') this.applying.delete(e.node);
      } else if (rule === 'apply') mine = false;
      else if (mine && rule === 'watch-fires') {
        this.path.add(e.seq);
        this.stop('fires', e, [rule]);
      }
    }
    if (mine) this.path.add(e.seq);
    this.end();
  }

  /** A write is over when it is answered, and applied wherever it can be. */
  end() {
    const {stops, done, messages} = this.journey;
    const told = [...messages].filter(id => this.store.event(id)?.body[1] === 'WatchedEvent').length;
    this.over = done && (!this.isWrite || (this.applying.size === 0 && stops.filter(s => s.stage === 'told').length >= told));
  }
}

export const WRITES = new Set(['create', 'create2', 'createContainer', 'createTTL', 'delete', 'setData', 'setACL', 'multi', 'check', 'reconfig', 'closeSession']);
