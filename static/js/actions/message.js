/** What can be done to one message in flight. The target is its id, or {id, delay} for a delay. */

import {all, command, mayAct, message} from './common.js';

/** @param {any} t */
const idOf = t => (typeof t === 'object' && t ? t.id : t);

/** @param {any} ctx @param {any} t @returns {true|string} */
const flies = (ctx, t) => (message(ctx, idOf(t)) ? true : 'actions.why.gone');

/** @param {any} ctx @param {any} t @returns {true|string} */
const notHeld = (ctx, t) => (message(ctx, idOf(t))?.held ? 'actions.why.held' : true);

/** @param {any} ctx @param {any} t @returns {true|string} */
const arrives = (ctx, t) => {
  const status = ctx.playhead.shown.view?.nodes[message(ctx, idOf(t))?.dst]?.status;
  return status === 'crashed' ? 'actions.why.receiver-crashed' : true;
};

/** @param {string} verb @param {(t: any) => string} text @param {(ctx: any, t: any) => true|string} [also] */
const onMessage = (verb, text, also = () => true) => ({
  id: `message.${verb}`, label: `actions.message.${verb}`, group: 'message',
  enabled: (/** @type {any} */ ctx, /** @type {any} */ t) => all(mayAct(ctx), flies(ctx, t), also(ctx, t)),
  run: (/** @type {any} */ ctx, /** @type {any} */ t) => command(ctx, text(t)),
});

export const messageActions = [
  onMessage('deliver', t => `deliver #${idOf(t)}`, arrives),
  onMessage('drop', t => `drop #${idOf(t)}`),
  onMessage('duplicate', t => `duplicate #${idOf(t)}`),
  onMessage('delay', t => `delay #${idOf(t)} ${t.delay ?? '30ms'}`),
  onMessage('hold', t => `hold #${idOf(t)}`, notHeld),
];
