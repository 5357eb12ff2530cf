/** Moving through time: play, step, scrub, pace, branches. None of these changes an outcome. */

import {moment} from './common.js';

/** Virtual per wall: the ladder that + and - climb. */
export const SPEEDS = [1 / 1000, 1 / 500, 1 / 200, 1 / 100, 1 / 50, 1 / 20, 1 / 10, 1 / 5, 1 / 2, 1];

/** @param {any} ctx @param {number} n */
function nextSpeed(ctx, n) {
  const now = ctx.playhead.speed;
  if (n > 0) return SPEEDS.find(s => s > now * 1.01) ?? 1;
  return [...SPEEDS].reverse().find(s => s < now * 0.99) ?? SPEEDS[0];
}

/** @param {any} ctx @returns {true|string} */
const past = ctx => (ctx.playhead.shown.seq > Math.max(0, ctx.store.oldest - 1) ? true : 'actions.why.beginning');

/** @param {any} ctx @returns {true|string} */
function future(ctx) {
  const {playhead} = ctx;
  if (!playhead.atHead) return true;
  if (!playhead.mayDrive) return 'actions.why.live-head';
  return ctx.connection.state === 'open' ? true : 'actions.why.offline';
}

/** @param {string} id @param {string} label @param {string} shortcut @param {string[]} keys
 *  @param {(ctx: any) => true|string} enabled @param {(p: any, ctx: any) => any} run */
const timeAction = (id, label, shortcut, keys, enabled, run) => ({
  id: `time.${id}`, label: `actions.time.${label}`, shortcut, keys, group: 'time', enabled,
  run: (/** @type {any} */ ctx) => run(ctx.playhead, ctx),
});

/** @type {(ctx: any) => true} */
const always = () => true;

/** @param {any} ctx @returns {true|string} */
function mayToggle(ctx) {
  const {playhead} = ctx;
  if (playhead.playing || !playhead.atHead || playhead.mayDrive) return true;
  return 'actions.why.paused-by-driver';
}

/** @param {any} ctx @returns {true|string} */
const online = ctx => (ctx.connection.state === 'open' ? true : 'actions.why.offline');

const fork = {
  id: 'branch.fork', label: 'actions.fork', shortcut: 'F', keys: ['f', 'F'], group: 'time',
  enabled: online,
  run: (/** @type {any} */ ctx) => (ctx.store.isPrivate ? ctx.connection.send({type: 'return'})
    : ctx.connection.send({type: 'fork', at: moment(ctx)})),
};

const switchTo = {
  id: 'branch.switch', label: 'actions.switch', group: 'time',
  enabled: (/** @type {any} */ ctx) => (online(ctx) !== true ? online(ctx)
    : ctx.store.you.role === 'driver' ? true : 'actions.why.viewer'),
  run: (/** @type {any} */ ctx, /** @type {string} */ branch) => ctx.connection.send({type: 'switch', branch}),
};

export const timeActions = [
  timeAction('toggle', 'toggle', 'Space', [' '], mayToggle, p => (p.playing ? p.pause() : p.play())),
  timeAction('reverse', 'reverse', 'R', ['r', 'R'], past, p => p.play(-1)),
  timeAction('back', 'back', '←', ['ArrowLeft'], past, p => p.step(-1)),
  timeAction('forward', 'forward', '→', ['ArrowRight'], future, p => p.step(1)),
  timeAction('ruleBack', 'ruleBack', 'Shift ←', ['Shift+ArrowLeft'], past, p => p.stepRule(-1)),
  timeAction('ruleForward', 'ruleForward', 'Shift →', ['Shift+ArrowRight'], future, p => p.stepRule(1)),
  timeAction('home', 'home', 'Home', ['Home'], past, (p, ctx) => p.seek(ctx.store.oldest > 1 ? {seq: ctx.store.oldest} : {time: 0})),
  timeAction('live', 'live', 'End', ['End'], always, p => p.follow()),
  timeAction('slower', 'slower', '↓', ['ArrowDown', '-'], always, (p, ctx) => p.setSpeed(nextSpeed(ctx, -1))),
  timeAction('faster', 'faster', '↑', ['ArrowUp', '+', '='], always, (p, ctx) => p.setSpeed(nextSpeed(ctx, 1))),
  fork, switchTo,
];
