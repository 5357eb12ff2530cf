/** What can be done to a machine, and to a client. The target is its name. */

import {all, clients, command, mayAct, node, on} from './common.js';

/** @param {any} ctx @param {string} id @param {...string} statuses @returns {true|string} */
function isOneOf(ctx, id, ...statuses) {
  const status = node(ctx, id)?.status;
  if (!status) return 'actions.why.choose-node';
  return statuses.includes(status) ? true : `actions.why.${status}`;
}

/** @param {any} ctx @param {string} id */
const chosen = (ctx, id) => id || ctx.selection.get().node;

/** The timers of a node that run: the one on its ring first. @param {any} ctx @param {string} id @returns {string[]} */
export function runningTimers(ctx, id) {
  const {lens} = ctx;
  const {state, timers} = node(ctx, id)?.services[lens.service] ?? {state: {}, timers: {}};
  const ring = lens.ring(state, timers);
  return Object.keys(timers).sort((a, b) => Number(b === ring) - Number(a === ring) || Number(lens.rings(b)) - Number(lens.rings(a)));
}

/** The target names a node, and one of its timers if it is not the first. */
const timeout = {
  id: 'node.timeout', label: 'actions.timeout', group: 'node',
  enabled(/** @type {any} */ ctx, /** @type {any} */ t) {
    const id = chosen(ctx, t?.id ?? t);
    const running = runningTimers(ctx, id);
    return all(mayAct(ctx), isOneOf(ctx, id, 'up'), (t?.timer ? running.includes(t.timer) : running.length) ? true : 'actions.why.no-timer');
  },
  run(/** @type {any} */ ctx, /** @type {any} */ t) {
    const id = chosen(ctx, t?.id ?? t);
    return command(ctx, `timeout ${id} ${t?.timer ?? runningTimers(ctx, id)[0]}${on(ctx, ctx.lens.service)}`);
  },
};

/** What the protocol lets an operator tell a node: {id, order, args}. */
const order = {
  id: 'node.order', label: 'actions.order', group: 'node',
  enabled: (/** @type {any} */ ctx, /** @type {any} */ t) => all(mayAct(ctx), isOneOf(ctx, t?.id, 'up')),
  run: (/** @type {any} */ ctx, /** @type {{id: string, order: string, args?: string[], service?: string}} */ t) =>
    command(ctx, `${['tell', t.id, t.order, ...(t.args ?? [])].join(' ')}${on(ctx, t.service ?? ctx.lens.service)}`),
};

/** @param {any} ctx @param {string} id @param {number} rate @returns {true|string} */
function clockIsNot(ctx, id, rate) {
  return node(ctx, id)?.clock === rate ? 'actions.why.same-clock' : true;
}

/** @param {string} id @param {string} label @param {string[]} statuses @param {(id: string) => string} text @param {any} [more] */
const onMachine = (id, label, statuses, text, more = {}) => ({
  id, label, group: 'node', ...more,
  enabled: (/** @type {any} */ ctx, /** @type {string} */ target) => all(mayAct(ctx),
    isOneOf(ctx, chosen(ctx, target), ...statuses), more.also ? more.also(ctx, chosen(ctx, target)) : true),
  run: (/** @type {any} */ ctx, /** @type {string} */ target) => command(ctx, text(chosen(ctx, target))),
});

/** @param {number} rate @param {string} name */
const clock = (rate, name) => onMachine(`node.clock.${name}`, `actions.clock.${name}`, ['up', 'paused', 'crashed'],
  id => `clock ${id} ${rate}`, {also: (/** @type {any} */ c, /** @type {string} */ id) => clockIsNot(c, id, rate)});

/** Of clients, those that can begin anew. @param {any} ctx @param {string} id @returns {true|string} */
const crashes = (ctx, id) => Object.keys(node(ctx, id)?.services ?? {}).every(name => ctx.store.services[name]?.crashes) ? true : 'actions.why.client';

/** Crash what runs, restart what does not. */
const power = {
  id: 'node.power', label: 'actions.power', shortcut: 'C', keys: ['c', 'C'], group: 'node',
  enabled: (/** @type {any} */ ctx, /** @type {string} */ t) => all(mayAct(ctx),
    isOneOf(ctx, chosen(ctx, t), 'up', 'paused', 'crashed'), crashes(ctx, chosen(ctx, t))),
  run(/** @type {any} */ ctx, /** @type {string} */ t) {
    const id = chosen(ctx, t);
    return command(ctx, `${node(ctx, id).status === 'crashed' ? 'restart' : 'crash'} ${id}`);
  },
};

const request = {
  id: 'client.request', label: 'actions.request', group: 'client',
  enabled: (/** @type {any} */ ctx) => all(mayAct(ctx), clients(ctx).length ? true : 'actions.why.no-client'),
  /** @param {any} ctx @param {{client?: string, text: string, at?: string, service?: string}} t */
  run: (ctx, t) => command(ctx, `request ${t.client || clients(ctx)[0]} ${t.text}${t.at ? ` at ${t.at}` : ''}${on(ctx, t.service ?? ctx.lens.service)}`),
};

/** @param {any} ctx @param {string} id */
const loadOf = (ctx, id) => node(ctx, id)?.services[ctx.lens.client]?.state.load ?? 0;

const load = {
  id: 'client.load', label: 'actions.load', group: 'client',
  enabled: (/** @type {any} */ ctx) => mayAct(ctx),
  /** @param {any} ctx @param {{client: string, every: string}} t */
  run: (ctx, t) => command(ctx, `load ${t.client} ${t.every}${on(ctx, ctx.lens.service)}`),
};

const loadOff = {
  id: 'client.loadOff', label: 'actions.load.off', group: 'client',
  enabled: (/** @type {any} */ ctx, /** @type {string} */ t) => all(mayAct(ctx),
    loadOf(ctx, t) ? true : 'actions.why.no-load'),
  run: (/** @type {any} */ ctx, /** @type {string} */ t) => command(ctx, `load ${t} off${on(ctx, ctx.lens.service)}`),
};

/** The next free name of its kind: one that has left keeps its own, and the server says so. */
const join = {
  id: 'client.join', label: 'actions.join', group: 'client',
  enabled: (/** @type {any} */ ctx) => mayAct(ctx),
  async run(/** @type {any} */ ctx) {
    const taken = clients(ctx).map(id => Number(/^k(\d{1,9})$/.exec(id)?.[1] ?? 0));
    for (let n = taken.reduce((a, b) => Math.max(a, b), 0) + 1; ; n++) {
      try {
        return await command(ctx, `join k${n}`);
      } catch (/** @type {any} */ error) {
        if (error?.code !== 'name-used') throw error;
      }
    }
  },
};

const leave = {
  id: 'client.leave', label: 'actions.leave', group: 'client',
  enabled: (/** @type {any} */ ctx, /** @type {string} */ t) => all(mayAct(ctx), node(ctx, t)?.joined ? true : 'actions.why.not-joined'),
  run: (/** @type {any} */ ctx, /** @type {string} */ t) => command(ctx, `leave ${t}`),
};

const inspect = {
  id: 'node.inspect', label: 'actions.inspect', group: 'node',
  enabled: () => true,
  run(/** @type {any} */ ctx, /** @type {string} */ t) {
    ctx.selection.set({node: t, tab: 'node'});
    ctx.page.togglePanel(true);
  },
};

export const nodeActions = [
  power,
  onMachine('node.crash', 'actions.crash', ['up', 'paused'], id => `crash ${id}`, {also: crashes}),
  onMachine('node.restart', 'actions.restart', ['crashed'], id => `restart ${id}`),
  onMachine('node.pause', 'actions.pause', ['up'], id => `pause ${id}`),
  onMachine('node.resume', 'actions.resume', ['paused'], id => `resume ${id}`),
  timeout, order,
  onMachine('node.crashBeforeSave', 'actions.crash.before', ['up', 'paused'], id => `crash ${id} before save`),
  onMachine('node.crashAfterSave', 'actions.crash.after', ['up', 'paused'], id => `crash ${id} after save`),
  clock(1.5, 'fast'), clock(0.5, 'slow'), clock(1, 'true'),
  request, load, loadOff, join, leave, inspect,
];
