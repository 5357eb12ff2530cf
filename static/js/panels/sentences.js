/** What an event says, in the viewer's language: the rules that fired, or else a plain sentence of its kind. */

import { html } from '../../vendor/lit-html/lit-html.js';
import { followLink } from './follow.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('../types.js').Reason} Reason */

/** @type {Record<string, (event: Event, ctx: Ctx) => Record<string, any>>} */
const PARAMS = {
  request: (e) => ({ text: e.body[0] }),
  send: (e) => ({ to: e.body[0], type: e.body[1] }),
  deliver: (e) => ({ id: e.body[0], from: e.body[1], type: e.body[2] }),
  drop: (e, ctx) => ({ what: whichMessage(ctx, e.body[0]), reason: ctx.i18n.t(`panels.reason.${e.body[1]}`) }),
  hold: (e, ctx) => ({ what: whichMessage(ctx, e.body[0]) }),
  reschedule: (e, ctx) => ({ what: whichMessage(ctx, e.body[0]) }),
  timeout: (e) => ({ timer: e.body[0] }),
  command: (e) => ({ text: e.body[0] }),
  clock: (e) => ({ rate: e.body[0] }),
  violation: (e, ctx) => ({ law: ctx.i18n.t(`law.${e.body[0]}`) }),
};

/** @param {Ctx} ctx @param {number} id @returns {string} */
function whichMessage(ctx, id) {
  const send = ctx.store.event(id);
  return send ? `${send.body[1]} ${send.node} → ${send.body[0]}` : `#${id}`;
}

/** @param {Ctx} ctx @param {Event} event @returns {string} one sentence of the event's kind */
export function plainSentence(ctx, event) {
  const { t, lang } = ctx.i18n;
  if (event.kind === 'network') return networkSentence(ctx, event.body[0]);
  if (event.kind === 'say') return event.body[0][lang.call(ctx.i18n)] ?? event.body[0].en;
  const params = { node: event.node, ...(PARAMS[event.kind]?.(event, ctx) ?? {}) };
  const held = event.kind === 'send' && event.body[4] ? 'held' : '';
  return t(`panels.did.${event.kind}${held}`, params);
}

/** @param {Ctx} ctx @param {import('../types.js').NetworkState} state */
function networkSentence(ctx, state) {
  const { t } = ctx.i18n;
  if (state.groups.length) {
    return t('panels.did.network.split', { groups: state.groups.map((group) => group.join(' ')).join(' | ') });
  }
  if (state.manual) return t('panels.did.network.manual');
  if (state.cut.length) return t('panels.did.network.cut', { links: state.cut.map((l) => l.join(' → ')).join(', ') });
  return t(state.rules.length ? 'panels.did.network.rules' : 'panels.did.network.whole');
}

/** @param {Ctx} ctx @param {Event} event @returns {Reason[]} at least one */
export function reasons(ctx, event) {
  const why = event.why.length ? ctx.i18n.why(event) : [];
  return why.length ? why : [{ text: plainSentence(ctx, event), section: '', rule: '', data: {} }];
}

/** What a message that leaves says, in words; '' for any other event. @param {Ctx} ctx @param {Event} event @returns {string} */
export function messageText(ctx, event) {
  if (event.kind !== 'send') return '';
  const [dst, type, fields] = event.body;
  return describe(ctx, { src: event.node, dst, service: event.service, type, fields });
}

/** @param {Ctx} ctx @param {{src: string, dst: string, service: string, type: string, fields: any}} message @returns {string} */
export const describe = (ctx, message) => ctx.lenses.of(message.service).describeMessage(/** @type {any} */ (message), ctx.i18n);

/** @param {Ctx} ctx @param {Event} event @returns {string} everything that it says, on one line */
export const sentence = (ctx, event) => reasons(ctx, event).map((reason) => reason.text).join(' ');

/**
 * The explanation box: every rule's sentence, its section, and the event's number, which jumps there.
 * @param {Ctx} ctx @param {Event} event
 */
export function explanation(ctx, event) {
  const { t } = ctx.i18n;
  const list = reasons(ctx, event);
  const sections = [...new Set(list.flatMap((reason) => reason.section.split(', ')).filter(Boolean))].join(', ');
  return html`<aside class="p-why">
    ${list.map((reason) => html`<p>${reason.text}</p>`)}
    <footer>${sections ? html`<span>${sections}</span> · ` : ''}<button
      class="p-link" @click=${() => ctx.playhead.seek({ seq: event.seq })}>${t('panels.event', { seq: event.seq })}</button>${followLink(ctx, event)}
    </footer>
  </aside>`;
}
