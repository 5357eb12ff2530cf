/** The known bug that a room runs with, named, so that nobody takes it for Raft. */

import { html } from '../../vendor/lit-html/lit-html.js';

/** @param {import('../types.js').Ctx} ctx */
export function mutantsInForce(ctx) {
  const { t } = ctx.i18n;
  return Object.values(ctx.store.services).filter((service) => service.mutant).map(({ mutant }) => html`<p class="p-mutant">
    <b>${t('panels.laws.mutant')}</b> ${t(`mutant.${mutant}`)}<br><span>${t(`mutant.${mutant}.text`)}</span></p>`);
}
