/** What can be done to a machine, and to a client. The target is its name. */

import {all, clients, command, mayAct, node} from './common.js';

/** @param {any} ctx @param {string} id @param {...string} statuses @returns {true|string} */
function isOneOf(ctx, id, ...statuses) {
  const status = node(ctx, id)?.status;
  if (!status) return 'actions.why.choose-node';
  return statuses.includes(status) ? true : `actions.why.${status}`;
}

/** @param {any} ctx @param {string} id */
const chosen = (ctx, id) => id || ctx.selection.get().node;

/** @param {any} ctx @param {string} id @returns {true|string} */
function hasTimer(ctx, id) {
  const timers = node(ctx, id)?.services[ctx.lens.service]?.timers ?? {};
  return timers[ctx.lens.timerName] ? true : 'actions.why.no-timer';
}

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

/** Crash what runs, restart what does not. */
const power = {
  id: 'node.power', label: 'actions.power', shortcut: 'C', keys: ['c', 'C'], group: 'node',
  enabled: (/** @type {any} */ ctx, /** @type {string} */ t) => all(mayAct(ctx),
    isOneOf(ctx, chosen(ctx, t), 'up', 'paused', 'crashed'), node(ctx, chosen(ctx, t))?.client ? 'actions.why.client' : true),
  run(/** @type {any} */ ctx, /** @type {string} */ t) {
    const id = chosen(ctx, t);
    return command(ctx, `${node(ctx, id).status === 'crashed' ? 'restart' : 'crash'} ${id}`);
  },
};

const request = {
  id: 'client.request', label: 'actions.request', group: 'client',
  enabled: (/** @type {any} */ ctx) => all(mayAct(ctx), clients(ctx).length ? true : 'actions.why.no-client'),
  /** @param {any} ctx @param {{client?: string, text: string, at?: string}} t */
  run: (ctx, t) => command(ctx, `request ${t.client || clients(ctx)[0]} ${t.text}${t.at ? ` at ${t.at}` : ''}`),
};

/** @param {any} ctx @param {string} id */
const loadOf = (ctx, id) => node(ctx, id)?.services.client?.state.load ?? 0;

const load = {
  id: 'client.load', label: 'actions.load', group: 'client',
  enabled: (/** @type {any} */ ctx) => mayAct(ctx),
  /** @param {any} ctx @param {{client: string, every: string}} t */
  run: (ctx, t) => command(ctx, `load ${t.client} ${t.every}`),
};

const loadOff = {
  id: 'client.loadOff', label: 'actions.load.off', group: 'client',
  enabled: (/** @type {any} */ ctx, /** @type {string} */ t) => all(mayAct(ctx),
    loadOf(ctx, t) ? true : 'actions.why.no-load'),
  run: (/** @type {any} */ ctx, /** @type {string} */ t) => command(ctx, `load ${t} off`),
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
  onMachine('node.crash', 'actions.crash', ['up', 'paused'], id => `crash ${id}`),
  onMachine('node.restart', 'actions.restart', ['crashed'], id => `restart ${id}`),
  onMachine('node.pause', 'actions.pause', ['up'], id => `pause ${id}`),
  onMachine('node.resume', 'actions.resume', ['paused'], id => `resume ${id}`),
  onMachine('node.timeout', 'actions.timeout', ['up'], id => `timeout ${id} election`, {also: hasTimer}),
  onMachine('node.crashBeforeSave', 'actions.crash.before', ['up', 'paused'], id => `crash ${id} before save`),
  onMachine('node.crashAfterSave', 'actions.crash.after', ['up', 'paused'], id => `crash ${id} after save`),
  clock(1.5, 'fast'), clock(0.5, 'slow'), clock(1, 'true'),
  request, load, loadOff, inspect,
];
