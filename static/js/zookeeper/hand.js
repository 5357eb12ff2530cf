/**
 * The reader's own client: what is typed into the shell and changed in the explorer is asked for by a client machine
 * that joins when it is first needed, over the network that everybody sees, and answered (or refused) by ZooKeeper.
 */

import {command, mayAct, quoted} from '../actions/common.js';
import {SERVICE, clientService, clientsOf} from './values.js';

/** @typedef {{error: number|null, result: any, call: number}} Outcome `error` null: the connection was lost, nobody knows;
 *   `call` is the event by which the request left */

/** Two frames, so that what a command has made is the moment shown. */
const settled = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));

export class Hand {
  /** @param {any} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    /** The client that is used, once there is one. */
    this.name = '';
  }

  /** True, or the key of the reason why not. @returns {true|string} */
  may() { return mayAct(this.ctx); }

  get view() { return this.ctx.playhead.shown.view; }

  /** Clients that can be told something. */
  candidates() {
    return clientsOf(this.ctx, this.view).filter(client => !client.outside && this.view.nodes[client.name].status === 'up');
  }

  /** The client to use, joined now if there is none. @returns {Promise<string>} */
  async client() {
    if (this.candidates().some(client => client.name === this.name)) return this.name;
    const known = new Set(Object.keys(this.view.nodes));
    for (let number = 1; ; number++) {
      const name = `z${number}`;
      if (known.has(name)) continue;
      try {
        await command(this.ctx, `join ${name} on ${SERVICE}`);
      } catch (error) {
        if (/** @type {any} */ (error).code === 'name-used' && number < 200) continue;
        throw error;
      }
      await settled();
      return this.name = name;
    }
  }

  /** @param {string} order @param {...string} args */
  async tell(order, ...args) {
    this.ctx.journey.show();
    const name = await this.client();
    const several = this.ctx.lenses.names.length > 1 ? ` on ${SERVICE}` : '';
    const done = await command(this.ctx, `${['tell', name, order, ...args.map(quoted)].join(' ')}${several}`);
    return {name, ...done};
  }

  /** A line of the shell. @param {string} line */
  line(line) { return this.tell('zk', line); }

  /** One operation, as protocols/zookeeper/operations.py has it; what became of it. @param {Record<string, any>} operation
   * @returns {Promise<Outcome>} */
  async ask(operation) {
    const {name, seq} = await this.tell('ask', JSON.stringify(operation));
    const {store} = this.ctx;
    const side = clientService(this.ctx);
    const {xid} = store.viewAt(seq).nodes[name].services[side].state;
    return new Promise(resolve => {
      let at = seq - 1;
      let call = 0;
      const look = () => {
        for (; at < store.head; at++) {
          const e = store.event(at + 1);
          if (e?.node !== name) continue;
          if (e.kind === 'send' && e.body[1] === 'Call' && e.body[2].xid === xid) call = e.seq;
          const reply = e.kind === 'deliver' && e.body[2] === 'Reply' ? store.event(e.body[0])?.body[2] : null;
          if (reply?.xid === xid) return end({error: reply.error, result: reply.result, call});
          if (e.patch.length && call && !waits(store.viewAt(e.seq)?.nodes[name].services[side].state, xid)) return end({error: null, result: null, call});
        }
      };
      const stop = store.subscribe(look);
      const end = (/** @type {Outcome} */ outcome) => { stop(); resolve(outcome); };
      look();
    });
  }
}

/** Whether that request has not been answered yet. @param {any} state @param {number} xid */
const waits = (state, xid) => !state || [...state.requests, ...state.unsent].some((/** @type {any} */ asked) => asked.xid === xid);

/** One for a page. @param {any} ctx @returns {Hand} */
export const handOf = ctx => (ctx.hand ??= new Hand(ctx));
