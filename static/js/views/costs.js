/** The Cost tab: what decisions cost in this run, beside what the papers say; and what one gets for it. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { Asked, progress } from '../panels/asked.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {{messages: number, bytes: number, decide: number, know: number, first: number, rest: number}} Measured */
/** @typedef {{n: number, formula: string, value: number, here: string, expected: number, delays: [number, number], writes: string,
 *   quorum: string, cap: string, note: string}} Theory */
/** @typedef {{mark: string, decisions: number, leftOut: number, latest: number, measured: Measured|null}} Kind */
/** @typedef {{service: string, theory: Theory|null, kinds: Kind[]}} Row */

/** While it plays, a new count is wanted after so many virtual microseconds, and with every answer. */
const OFTEN = 200_000;

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountCosts(root, ctx) {
  root.classList.add('p-panel', 'p-costs');
  const store = /** @type {any} */ (ctx.store);
  /** @type {Shown|null} */
  let last = null;
  const asked = new Asked((url) => store.fetchJson(url), () => last && show(last));
  /** @param {Shown} shown */
  const show = (shown) => {
    last = shown;
    const moment = `${progress(shown)} ${Math.floor(shown.time / OFTEN)} ${shown.playing || shown.seq}`;
    asked.want(`${store.branchUrl(store.branch)}/costs?seq=${shown.seq}`, store.branch, moment);
    render(panel(ctx, asked), root);
  };
  return { draw: whileVisible(root, show) };
}

/** @param {Ctx} ctx @param {Asked} asked */
function panel(ctx, asked) {
  const { t } = ctx.i18n;
  if (!asked.answer) return html`<p class="p-empty">${t(asked.failed ? 'costs.failed' : 'costs.loading')}</p>`;
  const rows = /** @type {Row[]} */ (asked.answer.services);
  return html`<p class="p-lead">${t('costs.lead')}</p>${rows.map((row) => service(ctx, row))}
    <p class="p-aside">${t('costs.about')}</p>`;
}

/** @param {Ctx} ctx @param {Row} row */
function service(ctx, row) {
  const { t } = ctx.i18n;
  const commit = row.kinds.find((kind) => kind.mark !== 'abort');
  const kinds = commit ? row.kinds : [undefined, ...row.kinds];
  return html`<section><h3>${t(`protocol.${row.service}`)}</h3>
    ${kinds.map((kind) => table(ctx, row, kind))}${row.theory ? promises(ctx, row.service, row.theory) : nothing}</section>`;
}

/** Aborts have no formula of their own. @param {Ctx} ctx @param {Row} row @param {Kind|undefined} kind */
function table(ctx, row, kind) {
  const { t } = ctx.i18n;
  const theory = kind?.mark === 'abort' ? null : row.theory;
  const m = kind?.measured;
  /** @type {[string, string, string][]} */
  const lines = [
    [t('costs.messages'), text(m?.messages), theory ? `${theory.here} = ${theory.expected}` : '–'],
    [t('costs.bytes'), text(m?.bytes), '–'],
    [t('costs.delays'), m ? `${text(m.decide)} / ${text(m.know)}` : '–', theory ? theory.delays.join(' / ') : '–'],
    [t('costs.writes'), m ? `${text(m.first)} / ${text(m.rest)}` : '–', theory?.writes ? t('costs.inall', { formula: theory.writes }) : '–'],
  ];
  return html`<table class="p-cost"><caption>${t(`costs.kind.${kind?.mark === 'abort' ? 'abort' : 'commit'}`)}</caption>
    <thead><tr><td></td><th scope="col">${t('costs.here')}</th><th scope="col">${theory ? t('costs.papers', { n: theory.n }) : t('costs.papers.none')}</th></tr></thead>
    <tbody>${lines.map(([name, here, papers]) => html`<tr><th scope="row">${name}</th><td>${here}</td><td>${papers}</td></tr>`)}</tbody></table>
    ${kind ? counted(ctx, kind) : html`<p class="p-empty">${t('costs.none')}</p>`}
    ${theory?.note ? html`<p class="p-aside">${t(`costs.note.${theory.note}`, { formula: theory.formula, value: theory.value })}</p>` : nothing}
    ${m && theory && m.messages !== theory.expected ? html`<p class="p-differs">${t('costs.differs')}</p>` : nothing}`;
}

/** @param {Ctx} ctx @param {Kind} kind */
function counted(ctx, kind) {
  const { t } = ctx.i18n;
  const go = () => {
    ctx.selection.set({ event: kind.latest });
    ctx.playhead.seek({ seq: kind.latest });
  };
  return html`<p class="p-aside">${t('costs.counted', { count: kind.decisions - kind.leftOut, left: kind.leftOut })}
    ${t('costs.latest')} <button class="p-link" @click=${go}>${t('panels.event', { seq: kind.latest })}</button></p>`;
}

/** @param {Ctx} ctx @param {string} name @param {Theory} theory */
function promises(ctx, name, theory) {
  const { t } = ctx.i18n;
  const rows = [
    ['safety', t(`compare.${name}.safety`)], ['liveness', t(`compare.${name}.liveness`)], ['crash', t(`compare.${name}.crash`)],
    ['partition', t(`compare.${name}.partition`)], ['cap', t(`compare.cap.${theory.cap}`)],
  ];
  return html`<details class="p-promises"><summary>${t('costs.promises')}</summary><dl>
    <div><dt>${t('compare.col.quorum')}</dt><dd>${t(`compare.${theory.quorum}`)}</dd></div>
    ${rows.map(([row, words]) => html`<div><dt>${t(`compare.row.${row}`)}</dt><dd>${words}</dd></div>`)}</dl></details>`;
}

/** @param {number|undefined} value */
const text = (value) => (value === undefined ? '–' : Number.isInteger(value) ? String(value) : value.toFixed(1));
