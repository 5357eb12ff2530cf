/** What can be done to links and to the network as a whole. A link's target is {src, dst}. */

import {all, command, mayAct, members, network} from './common.js';

/** @param {any} ctx @param {string} a @param {string} b */
export function isCut(ctx, a, b) {
  return network(ctx).cut.some((/** @type {[string, string]} */ [x, y]) => x === a && y === b);
}

/** @param {any} ctx @returns {true|string} */
function somethingToHeal(ctx) {
  const {cut, groups, rules} = network(ctx);
  return cut.length || groups.length || rules.length ? true : 'actions.why.whole';
}

/** @param {string} id @param {(ctx: any, t: any) => true|string} also @param {(t: any) => string} text @param {any} [more] */
const onLink = (id, also, text, more = {}) => ({
  id: `link.${id}`, label: `actions.link.${id}`, group: 'network', ...more,
  enabled: (/** @type {any} */ ctx, /** @type {any} */ t) => all(mayAct(ctx), also(ctx, t)),
  run: (/** @type {any} */ ctx, /** @type {any} */ t) => command(ctx, text(t)),
});

/** @type {(ctx: any, t: any) => true|string} */
const open = (ctx, t) => (isCut(ctx, t.src, t.dst) ? 'actions.why.cut' : true);
/** @type {(ctx: any, t: any) => true|string} */
const openEither = (ctx, t) => (isCut(ctx, t.src, t.dst) && isCut(ctx, t.dst, t.src) ? 'actions.why.cut' : true);
/** @type {(ctx: any, t: any) => true|string} */
const closedEither = (ctx, t) => (isCut(ctx, t.src, t.dst) || isCut(ctx, t.dst, t.src) ? true : 'actions.why.not-cut');

const partition = {
  id: 'network.partition', label: 'actions.partition', group: 'network',
  enabled: (/** @type {any} */ ctx) => all(mayAct(ctx), members(ctx).length > 1 ? true : 'actions.why.one-node'),
  /** @param {any} ctx @param {string[][]} groups */
  run: (ctx, groups) => (Array.isArray(groups) ? command(ctx, `partition ${groups.map(g => g.join(' ')).join(' | ')}`)
    : ctx.dialogs.partition()),
};

const manual = {
  id: 'network.manual', label: 'actions.manual', shortcut: 'N', keys: ['n', 'N'], group: 'network',
  enabled: mayAct,
  /** Whoever becomes the network has all the time in the world: the cluster stands still until it is played or
   *  stepped. @param {any} ctx */
  async run(ctx) {
    const on = !network(ctx).manual;
    await command(ctx, on ? 'network manual' : 'network auto');
    if (on && ctx.playhead.playing) await ctx.playhead.pause();
    if (!on && !ctx.playhead.playing) await ctx.playhead.play();
  },
};

const heal = {
  id: 'network.heal', label: 'actions.heal', shortcut: 'H', keys: ['h', 'H'], group: 'network',
  enabled: (/** @type {any} */ ctx) => all(mayAct(ctx), somethingToHeal(ctx)),
  run: (/** @type {any} */ ctx) => command(ctx, 'heal'),
};

export const networkActions = [
  onLink('cut', open, t => `cut ${t.src} -> ${t.dst}`),
  onLink('cutBoth', openEither, t => `cut ${t.src} -- ${t.dst}`),
  onLink('mend', closedEither, t => `mend ${t.src} -- ${t.dst}`),
  onLink('delay', () => true, t => `link ${t.src} -- ${t.dst} delay ${t.delay}`),
  onLink('loss', () => true, t => `link ${t.src} -- ${t.dst} loss ${t.loss}`),
  partition, manual, heal,
];
