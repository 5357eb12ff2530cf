/** Curves over time, drawn at the size they are shown at, so that their words stay readable on a phone. */

import { html, nothing, svg } from '../../vendor/lit-html/lit-html.js';
import { niceAbove } from './wars.js';
import { percent, time } from './numbers.js';

/** @typedef {[number, number]} Point */
/** @typedef {{class: string, name: string, points: Point[], measured?: {percent: number, value: number, low: number, high: number}[]}} Line */
/** @typedef {{t: number, share: number, low: number, high: number}} Measured */
/** @typedef {{x: (v: number) => number, y: (v: number) => number, left: number, right: number, top: number, bottom: number}} Frame */

const HEIGHT = 250;

/** The share of fresh reads by the time since the write; measured points have the whiskers of 95 % confidence.
 * @param {{width: number, curve: Point[], at: number|null, label: string, axis: string, measured?: Measured[]}} what */
export function freshChart({ width, curve, at, label, axis, measured = [] }) {
  const end = curve[curve.length - 1][0];
  const worst = Math.min(curve[0][1], ...measured.map((m) => m.low));
  const floor = worst > 0.9 ? 0.9 : worst > 0.5 ? 0.5 : 0;
  const frame = framed(width, (v) => v / end, (v) => (v - floor) / (1 - floor));
  const shares = [0, 1, 2, 3, 4].map((i) => floor + ((1 - floor) * i) / 4);
  return html`<svg class="q-chart" viewBox="0 0 ${width} ${HEIGHT}" height=${HEIGHT} role="img" aria-label=${label}>
    ${shares.map((v) => across(frame, v, `${Number((v * 100).toFixed(1))} %`))}
    ${steps(end, width).map((v) => upright(frame, v, tick(v)))}
    <text class="q-axis" x=${frame.right} y=${HEIGHT - 4} text-anchor="end">${axis}</text>
    <path class="q-area" d="${path(frame, curve)} V${frame.bottom} H${frame.left} Z"></path>
    <path class="q-line fresh" d=${path(frame, curve)}></path>
    ${measured.filter((m) => m.t <= end).map((m) => whisker(frame, m))}
    ${at !== null && at <= end ? marker(frame, at, valueAt(curve, at)) : nothing}
  </svg>`;
}

/** Latencies along the percentiles: the tail is what hurts, so it is spread out. @param {{width: number, lines: Line[], label: string}} what */
export function latencyChart({ width, lines, label }) {
  const times = lines.flatMap((line) => [...line.points.map(([t]) => t), ...(line.measured ?? []).map((m) => m.value)]).filter((t) => t > 0);
  const low = Math.log10(Math.min(...times));
  const high = Math.log10(niceAbove(Math.max(...times)));
  const frame = framed(width, (v) => (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low || 1), (p) => nines(p) / nines(99.9));
  const marks = ticks(10 ** low, 10 ** high);
  return html`<svg class="q-chart" viewBox="0 0 ${width} ${HEIGHT}" height=${HEIGHT} role="img" aria-label=${label}>
    ${[0, 50, 90, 99, 99.9].map((p) => across(frame, p, `${p} %`))}
    ${marks.map((v) => upright(frame, v, tick(v)))}
    ${lines.map((line) => svg`<path class="q-line ${line.class}" d=${path(frame, line.points)}></path>`)}
    ${lines.map((line) => (line.measured ?? []).map((m) => spread(frame, m, line.class)))}
    ${lines.map((line) => named(frame, line))}
  </svg>`;
}

/** A round time. @param {number} v */
const tick = (v) => time(v).replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ');

/** Powers of ten in this range, or the 1, 2 and 5 of each where it is short. @param {number} low @param {number} high */
function ticks(low, high) {
  const of = high / low > 60 ? [1] : [1, 2, 5];
  return Array.from({ length: 11 }, (_, i) => of.map((m) => m * 10 ** (i - 4))).flat().filter((v) => v >= low * 0.999 && v <= high * 1.001);
}

/** 0, 90, 99, 99.9 % lie equally far apart. @param {number} percent */
const nines = (percent) => -Math.log10(1 - percent / 100);

/** @param {number} width @param {(v: number) => number} across @param {(v: number) => number} up @returns {Frame} */
function framed(width, across, up) {
  const [left, right, top, bottom] = [52, width - 12, 14, HEIGHT - 38];
  return { left, right, top, bottom, x: (v) => left + across(v) * (right - left), y: (v) => bottom - up(v) * (bottom - top) };
}

/** @param {Frame} frame @param {number} v @param {string} words */
const across = (frame, v, words) => svg`<line class="q-grid" x1=${frame.left} x2=${frame.right} y1=${frame.y(v)} y2=${frame.y(v)}></line>
  <text class="q-tick" x=${frame.left - 8} y=${frame.y(v) + 4} text-anchor="end">${words}</text>`;

/** @param {Frame} frame @param {number} v @param {string} words */
const upright = (frame, v, words) => svg`<line class="q-grid" x1=${frame.x(v)} x2=${frame.x(v)} y1=${frame.bottom} y2=${frame.bottom + 5}></line>
  <text class="q-tick" x=${frame.x(v)} y=${frame.bottom + 19} text-anchor=${frame.x(v) > frame.right - 16 ? 'end' : 'middle'}>${words}</text>`;

/** @param {Frame} frame @param {Point[]} points */
const path = (frame, points) => `M${points.map(([t, v]) => `${frame.x(t).toFixed(1)} ${frame.y(v).toFixed(1)}`).join(' L')}`;

/** @param {Frame} frame @param {number} t @param {number} v */
const marker = (frame, t, v) => svg`<line class="q-mark" x1=${frame.x(t)} x2=${frame.x(t)} y1=${frame.top} y2=${frame.bottom}></line>
  <circle class="q-point" cx=${frame.x(t)} cy=${frame.y(v)} r="6"></circle>
  <text class="q-value" x=${frame.x(t) + (frame.x(t) > frame.right - 90 ? -10 : 10)} y=${Math.min(frame.y(v) + 22, frame.bottom - 8)}
    text-anchor=${frame.x(t) > frame.right - 90 ? 'end' : 'start'}>${percent(v)}</text>`;

/** @param {Frame} frame @param {Measured} m */
const whisker = (frame, { t, share, low, high }) => svg`<g class="q-measured"><line x1=${frame.x(t)} x2=${frame.x(t)} y1=${frame.y(low)} y2=${frame.y(high)}></line>
  <circle cx=${frame.x(t)} cy=${frame.y(share)} r="3.5"></circle></g>`;

/** A measured percentile, with its whiskers. @param {Frame} frame @param {{percent: number, value: number, low: number, high: number}} m @param {string} kind */
const spread = (frame, { percent, value, low, high }, kind) => svg`<g class="q-measured ${kind}"><line x1=${frame.x(low)} x2=${frame.x(high)} y1=${frame.y(percent)} y2=${frame.y(percent)}></line>
  <circle cx=${frame.x(value)} cy=${frame.y(percent)} r="3.5"></circle></g>`;

/** A line's name at its upper end, the faster one's to the left. @param {Frame} frame @param {Line} line */
function named(frame, { class: kind, name, points }) {
  const [t, p] = points[Math.floor(points.length * (kind.includes('read') ? 0.62 : 0.34))];
  const toLeft = kind.includes('read');
  return svg`<text class="q-name-of ${kind}" x=${frame.x(t) + (toLeft ? -8 : 10)} y=${frame.y(p) + (toLeft ? -4 : 14)} text-anchor=${toLeft ? 'end' : 'start'}>${name}</text>`;
}

/** Between the points it is straight. @param {Point[]} curve @param {number} t */
export function valueAt(curve, t) {
  const i = curve.findIndex(([x]) => x >= t);
  if (i <= 0) return i ? curve[curve.length - 1][1] : curve[0][1];
  const [[x0, y0], [x1, y1]] = [curve[i - 1], curve[i]];
  return y0 + ((y1 - y0) * (t - x0)) / (x1 - x0);
}

/** Some round times up to `end`, as many as there is room for. @param {number} end @param {number} width */
function steps(end, width) {
  const most = width < 420 ? 3 : 6;
  const step = niceAbove(end / most);
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);
}
