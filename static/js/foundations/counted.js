/** What is told below a scene that is played: whom it serves, or how it performs. */

import { html } from '../../vendor/lit-html/lit-html.js';
import { operations, tally } from './tally.js';

/** @typedef {import('../types.js').Shown} Shown */

/** Waiting so long (virtual µs) is worth a word: no answer takes that long when all is well. */
const LONG = 130_000;

/** For each client, how often it was answered, and how long it has been waiting. @param {any} ctx */
export function served({ store, i18n }) {
  const all = operations(store.range(1, store.head));
  return (/** @type {Shown} */ { time, view }) => {
    const clients = Object.keys(view?.nodes ?? {}).filter((id) => view?.nodes[id].client);
    return html`<ul class="f-served" role="list">${clients.map((client) => {
      const { answered, waiting, longest } = tally(all.filter((o) => o.client === client), time);
      const waits = waiting && longest > LONG;
      return html`<li class=${waits ? 'waits' : ''}><b>${client}</b> ${i18n.t('foundations.served', { answered })} ·
        ${waits ? i18n.t('foundations.waits', { span: i18n.span(longest) }) : i18n.t(`foundations.${waiting ? 'soon' : 'idle'}`)}</li>`;
    })}</ul>`;
  };
}

/** Throughput, latency and concurrency since the first caption, and whether Little's law holds of them. @param {any} ctx */
export function measured({ store, i18n }) {
  const events = store.range(1, store.head);
  const all = operations(events);
  const from = events.find((/** @type {any} */ e) => e.kind === 'say')?.time ?? 0;
  return (/** @type {Shown} */ { time }) => {
    const { throughput, latency, concurrency } = tally(all, time, from);
    const shown = { rate: throughput.toFixed(1), latency: Math.round(latency / 1000), inside: concurrency.toFixed(2), product: ((throughput * latency) / 1e6).toFixed(2) };
    return html`<dl class="f-meters">${['throughput', 'latency', 'concurrency', 'law'].map((name) => html`<div><dt>${i18n.t(`foundations.meter.${name}`)}</dt>
      <dd>${i18n.t(`foundations.meter.${name}.is`, shown)}</dd></div>`)}</dl>`;
  };
}
