/** From any event that a client's request has led to: follow that request on its way (zookeeper/journeyview.js). */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';

const FAR = 40;

/** The event by which the request left that led to this one; 0 where none did. @param {any} store @param {any} event */
export function callOf(store, event) {
  for (let e = event, n = 0; e && n < FAR && e.kind !== 'timeout'; n++) {
    if (e.kind === 'send' && e.body[1] === 'Call') return e.seq;
    e = e.cause ? store.event(e.cause) : undefined;
  }
  return 0;
}

/** @param {any} ctx @param {any} event */
export function followLink(ctx, event) {
  if (!ctx.store.services.zookeeper || !ctx.journey) return nothing;
  const call = callOf(ctx.store, event);
  return call ? html` · <button class="p-link" @click=${() => ctx.journey.follow(call)}>${ctx.i18n.t('panels.follow')}</button>` : nothing;
}
