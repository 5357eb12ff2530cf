/** A lesson's words as the page shows them: what is bound to an object wears its colour and lights it up. */

import {html} from '../../vendor/lit-html/lit-html.js';
import {eraNumber} from '../lenses/values.js';

/** @typedef {import('./source.js').Parts} Parts */

/** @param {any} ctx @param {string} kind @param {string[]} names */
export function styleOf(ctx, kind, names) {
  if (kind === 'message') return ctx.lens.described?.families?.[names[0]] ?? 'message';
  if (kind === 'era') return `era era-${eraNumber(Number(names[0].split(' ')[1])) % 8}`;
  return kind;
}

/** @param {Parts} parts @param {any} ctx @param {import('./spotlight.js').Spotlight} spotlight */
export function said(parts, ctx, spotlight) {
  return parts.map(part => {
    if (typeof part === 'string') return part;
    const [words, kind, names] = part;
    if (kind === 'strong') return html`<strong>${words}</strong>`;
    const style = `word ${styleOf(ctx, kind, names)}`;
    if (kind === 'era') return html`<b class=${style}>${words}</b>`;
    const on = () => spotlight.point([[kind, names]]);
    const off = () => spotlight.point(null);
    // No <button>: that would be a box of its own, and a comma after it might begin the next line.
    return html`<span role="button" tabindex="0" class=${style} @pointerenter=${on} @pointerleave=${off} @focus=${on} @blur=${off}>${words}</span>`;
  });
}

/** Without any markup. @param {Parts} parts */
export const plain = parts => parts.map(part => (typeof part === 'string' ? part : part[0])).join('');
