/** Lines of source as elements, built from text nodes; and the short excerpt for the Node tab. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { sourceOf, whatRan } from './source.js';

/** @typedef {import('./python.js').Piece} Piece */
/** @typedef {import('./source.js').Ran} Ran */

/** @param {Piece[]} pieces */
export const coloured = (pieces) => pieces.map((p) => (p.kind ? html`<span class=${`py-${p.kind}`}>${p.text}</span>` : p.text));

/**
 * @param {Piece[]} pieces @param {number} number @param {Ran|null} ran
 * @param {boolean} [numbered]
 */
export function codeLine(pieces, number, ran, numbered = true) {
  const within = ran?.functions.some((f) => number >= f.first && number <= f.last);
  const kind = `py-line${within ? ' within' : ''}${ran?.lines.has(number) ? ' ran' : ''}`;
  return html`<div class=${kind} data-line=${number}>${numbered ? html`<span class="py-no" aria-hidden="true">${number}</span>` : nothing}<code>${coloured(pieces)}</code></div>`;
}

/** How many lines of a handler the excerpt shows. */
const EXCERPT = 9;

/**
 * The part of the handler around the rule that fired.
 * @param {import('../types.js').Ctx} ctx @param {string} service @param {import('../types.js').Event} event
 * @param {() => void} again
 */
export function snippet(ctx, service, event, again) {
  const onStage = event.service === ctx.lens.service || event.service === ctx.lens.client;
  if (ctx.playhead.playing && !onStage) return nothing; // the sources of a room's other services weigh as much as the room
  const source = sourceOf(ctx.i18n.wordsOf(event.service || service), again);
  if (typeof source === 'string') return nothing;
  const ran = whatRan(source.map, event, (rule) => ctx.lenses.of(event.service).weight(rule));
  if (!ran) return nothing;
  const [from, to] = excerpt(ran);
  const lines = source.lines.slice(from - 1, to);
  const indent = Math.min(...lines.filter((l) => l.length).map(indentOf));
  const open = () => ctx.selection.set({ tab: 'code' });
  return html`<figure class="p-snippet">
    <div class="p-code" tabindex="0" role="group" aria-label=${ran.focus.name}>
      ${lines.map((pieces, i) => codeLine(dedent(pieces, indent), from + i, ran, false))}</div>
    <figcaption><button class="p-link" @click=${open}>${source.file}:${ran.line}</button></figcaption>
  </figure>`;
}

/** @param {Ran} ran @returns {[number, number]} */
function excerpt({ focus, line }) {
  if (focus.last - focus.first < EXCERPT) return [focus.first, focus.last];
  const from = Math.max(focus.first, Math.min(line - 3, focus.last - EXCERPT + 1));
  return [from, Math.min(focus.last, from + EXCERPT - 1)];
}

/** @param {Piece[]} pieces */
const indentOf = (pieces) => pieces[0].text.length - pieces[0].text.trimStart().length || 0;

/** @param {Piece[]} pieces @param {number} by @returns {Piece[]} */
function dedent(pieces, by) {
  return pieces.length ? [{ ...pieces[0], text: pieces[0].text.slice(by) }, ...pieces.slice(1)] : pieces;
}
