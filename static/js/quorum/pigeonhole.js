/**
 * The pigeonhole argument with the replicas themselves: the write fills the first W that are up, the worst reader asks the last R.
 * Green apples are the new value, red ones the old; whatever is in both sets is lit.
 */

import { html, nothing, svg } from '../../vendor/lit-html/lit-html.js';

/** @typedef {import('./settings.js').Settings} Settings */

const HEIGHT = 236;
const ROW = 110;

/** Who has the write, who is asked, in the worst case; null where too few are up. @param {Settings} settings */
export function sets({ n, w, r, down }) {
  const up = Array.from({ length: n }, (_, i) => i + 1).filter((i) => !down.includes(i));
  const wrote = up.length >= w ? up.slice(0, w) : null;
  const asked = up.length >= r ? up.slice(up.length - r) : null;
  return { up, wrote, asked, both: wrote && asked ? asked.filter((i) => wrote.includes(i)) : [] };
}

/** @param {Settings} settings @param {(key: string, params?: any) => string} t @param {(node: number) => void} toggle */
export function pigeonhole(settings, t, toggle) {
  const { n } = settings;
  const width = Math.max(440, Math.min(760, n * 128));
  const step = Math.min(128, (width - 20) / n);
  const x = (/** @type {number} */ i) => width / 2 + (i - (n + 1) / 2) * step;
  const radius = Math.min(37, step * 0.38);
  const { wrote, asked, both } = sets(settings);
  const span = (/** @type {number[]} */ who) => ({ from: x(who[0]) - step * 0.46, to: x(who[who.length - 1]) + step * 0.46 });
  return html`<svg class="q-hole" viewBox="0 0 ${width} ${HEIGHT}" role="group" aria-label=${t('quorum.picture')}>
    ${both.length ? lit(span(both)) : nothing}
    ${wrote ? bracket(span(wrote), ROW - radius - 22, -1, t('quorum.picture.write', settings), 'w', width) : failed(width / 2, 34, t('quorum.picture.write.failed', settings))}
    ${asked ? bracket(span(asked), ROW + radius + 38, 1, t('quorum.picture.read', settings), 'r', width) : failed(width / 2, HEIGHT - 16, t('quorum.picture.read.failed', settings))}
    ${Array.from({ length: n }, (_, i) => replica(i + 1, x(i + 1), radius, settings, t, toggle))}
  </svg>`;
}

/** @param {{from: number, to: number}} range */
const lit = ({ from, to }) => svg`<rect class="q-both" x=${from} y="4" width=${to - from} height=${HEIGHT - 8} rx="18"></rect>`;

/** @param {{from: number, to: number}} range @param {number} y @param {number} side @param {string} words @param {string} kind
 * @param {number} width */
function bracket({ from, to }, y, side, words, kind, width) {
  const lip = y - side * 12;
  const middle = Math.max(120, Math.min(width - 120, (from + to) / 2));
  return svg`<path class="q-bracket ${kind}" d="M${from + 8} ${lip} V${y} H${to - 8} V${lip}"></path>
    <text class="q-words ${kind}" x=${middle} y=${side < 0 ? y - 14 : y + 28} text-anchor="middle">${words}</text>`;
}

/** @param {number} x @param {number} y @param {string} words */
const failed = (x, y, words) => svg`<text class="q-words failed" x=${x} y=${y} text-anchor="middle">${words}</text>`;

/** @param {number} i @param {number} x @param {number} radius @param {Settings} settings @param {(key: string, params?: any) => string} t
 * @param {(node: number) => void} toggle */
function replica(i, x, radius, settings, t, toggle) {
  const { wrote, asked } = sets(settings);
  const down = settings.down.includes(i);
  const fresh = Boolean(wrote?.includes(i));
  const state = down ? 'down' : fresh ? 'new' : 'old';
  const label = t(`quorum.replica.${state}`, { node: `n${i}` }) + (asked?.includes(i) ? t('quorum.replica.asked') : '');
  const act = (/** @type {KeyboardEvent|MouseEvent} */ e) => {
    if (e instanceof KeyboardEvent && e.key !== 'Enter' && e.key !== ' ') return;
    e.preventDefault();
    toggle(i);
  };
  return svg`<g class="q-node ${state}" role="button" tabindex="0" aria-pressed=${String(down)} aria-label=${label}
      data-node=${i} transform="translate(${x} ${ROW})" @click=${act} @keydown=${act}>
    <title>${t(down ? 'quorum.replica.restart' : 'quorum.replica.crash', { node: `n${i}` })}</title>
    <circle r=${radius}></circle>
    ${down ? svg`<path class="q-cross" d="M-11 -11 L11 11 M11 -11 L-11 11"></path>` : apple(fresh, radius / 37)}
    <text class="q-name" y=${radius + 20} text-anchor="middle">n${i}</text>
  </g>`;
}

/** @param {boolean} fresh @param {number} scale */
export function apple(fresh, scale) {
  return svg`<g class="q-apple ${fresh ? 'new' : 'old'}" transform="scale(${scale})">
    <path class="q-body" d="M0 -9 C5 -16 21 -15 21 2 C21 14 11 23 4 21 C1.5 20 -1.5 20 -4 21 C-11 23 -21 14 -21 2 C-21 -15 -5 -16 0 -9 Z"></path>
    <path class="q-stalk" d="M0 -9 C0 -14 2 -18 5 -20"></path>
    <text y="11" text-anchor="middle">${fresh ? '2' : '1'}</text>
  </g>`;
}
