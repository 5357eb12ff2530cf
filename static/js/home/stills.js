/** A small still of a scenario, drawn from what it says: its nodes, and what its commands do to them. */

import { html, svg } from '../../vendor/lit-html/lit-html.js';
import { storyOf } from './story.js';

/** @typedef {import('./story.js').Scenario} Scenario */
/** @typedef {import('./story.js').Story} Story */

const W = 240;
const H = 132;

/** @param {Scenario} scenario */
export function still(scenario) {
  const story = storyOf(scenario);
  const box = story.logs.length ? `0 0 ${W} ${H}` : `40 0 ${W - 80} ${H}`;
  return html`<svg class="h-still" viewBox=${box} aria-hidden="true">${story.logs.length ? logs(story) : ring(story)}</svg>`;
}

/** @param {number} i @param {number} n */
function place(i, n) {
  const angle = (i / n) * 2 * Math.PI - Math.PI / 2;
  const r = n === 1 ? 0 : 42;
  return { x: W / 2 + r * 1.25 * Math.cos(angle), y: H / 2 + 2 + r * Math.sin(angle) };
}

/** @param {Story} story */
function ring(story) {
  const at = new Map(story.nodes.map((name, i) => [name, place(i, story.nodes.length)]));
  const size = story.nodes.length > 6 ? 10 : 13;
  return [
    svg`<ellipse cx=${W / 2} cy=${H / 2 + 2} rx="52.5" ry="42" class="h-ring"></ellipse>`,
    story.cuts.map(([a, b]) => broken(at.get(a), at.get(b))),
    story.held.map(([a, b]) => held(at.get(a), at.get(b))),
    story.nodes.map((name) => node(story, name, /** @type {any} */ (at.get(name)), size)),
    story.groups.length > 1 ? divide(story, at) : '',
  ];
}

/** @param {Story} story @param {string} name @param {{x: number, y: number}} p @param {number} r */
function node(story, name, { x, y }, r) {
  const crashed = story.crashed.has(name);
  const mark = crashed ? svg`<path class="h-cross" d=${`M${x - 4} ${y - 4} l8 8 m0 -8 l-8 8`}></path>` : '';
  const stands = story.candidates.has(name) ? svg`<circle class="h-stands" cx=${x} cy=${y} r=${r + 3.5}></circle>` : '';
  const waits = story.paused.has(name) ? svg`<path class="h-pause" d=${`M${x - 3} ${y - 4} v8 m6 -8 v8`}></path>` : '';
  return svg`<circle class="h-node ${crashed ? 'crashed' : ''}" cx=${x} cy=${y} r=${r}></circle>${stands}${mark}${waits}`;
}

/** @typedef {{x: number, y: number}|undefined} Place undefined: a client, or any node at all */

/** A link that carries nothing. @param {Place} a @param {Place} b */
function broken(a, b) {
  if (!a || !b) return '';
  const mx = (a.x + b.x) / 2;
  const my = (a.y + b.y) / 2;
  return svg`<line class="h-link" x1=${a.x} y1=${a.y} x2=${mx} y2=${my}></line>
    <path class="h-stop" d=${`M${mx - 5} ${my - 5} l10 10 m0 -10 l-10 10`}></path>`;
}

/** A message that waits on its way. @param {Place} a @param {Place} b */
function held(a, b) {
  if (!a || !b) return '';
  return svg`<line class="h-link" x1=${a.x} y1=${a.y} x2=${b.x} y2=${b.y}></line>
    <circle class="h-held" cx=${(a.x + b.x) / 2} cy=${(a.y + b.y) / 2} r="6"></circle>`;
}

/** @typedef {Map<string, {x: number, y: number}>} Places */

/** Dashed bars from the middle outwards, between neighbours on the ring that no longer hear each other. @param {Story} story @param {Places} at */
function divide(story, at) {
  const groupOf = new Map(story.groups.flatMap((group, i) => group.map((name) => [name, i])));
  const names = [...at.keys()];
  return names.map((name, i) => {
    const next = names[(i + 1) % names.length];
    if (groupOf.get(name) === groupOf.get(next)) return '';
    const [a, b] = [at.get(name), at.get(next)];
    if (!a || !b) return '';
    const [dx, dy] = [(a.x + b.x) / 2 - W / 2, (a.y + b.y) / 2 - H / 2 - 2];
    const length = Math.hypot(dx, dy) || 1;
    return svg`<line class="h-bar" x1=${W / 2} y1=${H / 2 + 2} x2=${W / 2 + (dx / length) * 66} y2=${H / 2 + 2 + (dy / length) * 62}></line>`;
  });
}

/** @param {Story} story */
function logs(story) {
  const longest = Math.max(...story.logs.map(([, terms]) => terms.length));
  const cell = Math.min(15, (W - 50) / longest);
  const gap = Math.min(20, (H - 12) / story.logs.length);
  const top = (H - gap * story.logs.length) / 2;
  return story.logs.map(([name, terms], row) => {
    const y = top + row * gap;
    return [svg`<text class="h-label" x="30" y=${y + gap / 2 + 3.5} text-anchor="end">${name}</text>`,
      terms.map((term, i) => svg`<rect class="h-cell" x=${38 + i * cell} y=${y + 2} width=${cell - 2} height=${gap - 4} rx="2.5"
        fill=${`var(--era-${term % 8})`}></rect>`)];
  });
}
