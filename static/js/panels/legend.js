/** The grammar of the picture in little drawings, in the colours of the stage: [catalogue key, drawing]. */

import { svg, html } from '../../vendor/lit-html/lit-html.js';

/** @param {any} inside */
const frame = (inside) => html`<svg viewBox="0 0 64 48" width="64" height="48" aria-hidden="true" class="p-drawing">${inside}</svg>`;

const disc = svg`<circle cx="32" cy="24" r="16" fill="var(--node)"></circle>`;
const rim = (/** @type {string} */ dash, /** @type {number} */ width) => svg`<circle cx="32" cy="24" r="18" fill="none"
  stroke="var(--ink)" stroke-width=${width} stroke-dasharray=${dash}></circle>`;
const letter = (/** @type {string} */ text) => svg`<text x="32" y="29" text-anchor="middle" class="p-drawing-letter">${text}</text>`;
/** A role's shape, where the stage has it. */
const badge = (/** @type {string} */ d) => svg`<path d=${d} transform="translate(18 10) scale(0.7)" fill="var(--surface, var(--paper))"
  stroke="var(--ink)" stroke-width="2.4"></path>`;
const cell = (/** @type {number} */ x, /** @type {string} */ era, /** @type {string} */ dash) => svg`<rect x=${x} y="15" width="18" height="18"
  rx="3" fill=${`var(--${era})`} stroke="var(--ink)" stroke-width="1.5" stroke-dasharray=${dash} fill-opacity=${dash ? 0.35 : 1}></rect>`;
const route = svg`<line x1="6" y1="24" x2="58" y2="24" stroke="var(--append)" stroke-opacity="0.35"></line>`;

/** @type {[string, any][]} */
export const LEGEND = [
  ['node', frame(svg`${disc}${letter('x=7')}`)],
  ['leader', frame(svg`${disc}${rim('', 3.5)}${letter('x=7')}${badge('M-12 8 L-13.5 -7 L-6 -1.5 L0 -11 L6 -1.5 L13.5 -7 L12 8 Z')}`)],
  ['candidate', frame(svg`${disc}${rim('5 4', 2.5)}${badge('M0 -12.5 L12.5 0 L0 12.5 L-12.5 0 Z')}`)],
  ['crashed', frame(svg`<circle cx="32" cy="24" r="16" fill="var(--crashed)"></circle>
    <path d="M26 18 L38 30 M38 18 L26 30" stroke="var(--ink)" stroke-width="2.5"></path>`)],
  ['paused', frame(svg`<g opacity="0.55">${disc}</g><path d="M28 17 V31 M36 17 V31" stroke="var(--ink)" stroke-width="3.5"></path>`)],
  ['timer', frame(svg`${disc}<circle cx="32" cy="24" r="12.5" fill="none" stroke="white" stroke-width="3" stroke-dasharray="50 80"
    transform="rotate(-90 32 24)"></circle>`)],
  ['votes', frame(svg`${disc}${rim('5 4', 2)}<circle cx="32" cy="14" r="3" fill="white"></circle>
    <circle cx="41" cy="21" r="3" fill="white"></circle><circle cx="38" cy="31" r="2.5" fill="none" stroke="white"></circle>
    <circle cx="26" cy="31" r="2.5" fill="none" stroke="white"></circle><circle cx="23" cy="21" r="3" fill="white" fill-opacity="0.5"></circle>`)],
  ['request', frame(svg`${route}<circle cx="36" cy="24" r="9" fill="var(--append)"></circle><text x="36" y="28" text-anchor="middle"
    class="p-drawing-tag">A</text>`)],
  ['reply', frame(svg`${route}<circle cx="28" cy="24" r="8" fill="var(--surface, var(--paper))" stroke="var(--append)" stroke-width="2.5"></circle>
    <path d="M24 24 H32 M28 20 V28" stroke="var(--append)" stroke-width="2"></path>`)],
  ['heartbeat', frame(svg`${route}<circle cx="36" cy="24" r="4.5" fill="var(--append)"></circle>`)],
  ['dropped', frame(svg`${route}<circle cx="30" cy="24" r="8" fill="var(--append)" opacity="0.4"></circle>
    <path d="M26 20 L34 28 M34 20 L26 28" stroke="var(--ink)" stroke-width="2"></path>`)],
  ['log', frame(svg`${cell(3, 'era-1', '')}${cell(23, 'era-2', '')}${cell(43, 'era-2', '3 2')}`)],
  ['client', frame(svg`<circle cx="32" cy="24" r="14" fill="var(--client)"></circle><text x="32" y="28.5" text-anchor="middle"
    class="p-drawing-tag">c1</text>`)],
  ['partition', frame(svg`<circle cx="14" cy="24" r="9" fill="var(--node)"></circle><circle cx="50" cy="24" r="9" fill="var(--node)"></circle>
    <path d="M32 4 V44" stroke="var(--ink)" stroke-width="2.5" stroke-dasharray="5 4"></path>`)],
  ['quorum', frame(svg`<path d="M12 34 A22 22 0 0 1 52 34" fill="none" stroke="var(--accent)" stroke-width="4"></path>
    <circle cx="12" cy="34" r="6" fill="var(--node)"></circle><circle cx="32" cy="14" r="6" fill="var(--node)"></circle>
    <circle cx="52" cy="34" r="6" fill="var(--node)"></circle>`)],
];
