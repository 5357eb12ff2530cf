/** What the network does to the ring: dashed bars between the groups of a partition, and links drawn broken. */

import {line} from './stage-layout.js';
import {svg} from './dom.js';

/** @typedef {import('./stage-layout.js').Layout} Layout */
/** @typedef {import('../types.js').NetworkState} Network */

export class Links {
  /** @param {Element} parent */
  constructor(parent) {
    this.root = svg('g', {class: 'links', 'aria-hidden': 'true'}, parent);
    /** @type {any} */ this.drawn = null;
  }

  /** @param {Layout} box @param {Network} network @param {{src: string, dst: string}|null} hovered */
  draw(box, network, hovered) {
    const key = [box, network, hovered?.src, hovered?.dst];
    if (this.drawn && key.every((k, i) => k === this.drawn[i])) return;
    this.drawn = key;
    this.root.replaceChildren();
    if (hovered) this.drawHovered(box, hovered);
    for (const [a, b] of cutLinks(network)) this.drawCut(box, a, b, network.cut);
    for (const d of bars(box, network.groups)) svg('path', {class: 'bar', d}, this.root);
  }

  /** @param {Layout} box @param {{src: string, dst: string}} link */
  drawHovered(box, {src, dst}) {
    const l = line(box, src, dst);
    if (l) svg('line', {class: 'hover', x1: l.x1, y1: l.y1, x2: l.x2, y2: l.y2}, this.root);
  }

  /** A broken line with a bar where it is cut; an arrow shows the direction that carries nothing.
   * @param {Layout} box @param {string} a @param {string} b @param {[string, string][]} cut */
  drawCut(box, a, b, cut) {
    const both = cut.some(([x, y]) => x === b && y === a);
    if (both && a > b) return;
    const l = line(box, a, b);
    if (!l) return;
    const u = box.unit;
    const shift = both ? 0 : 7 * u;
    const g = svg('g', {class: 'cut', transform: `translate(${-l.uy * shift} ${l.ux * shift})`}, this.root);
    const x = (l.x1 + l.x2) / 2;
    const y = (l.y1 + l.y2) / 2;
    svg('line', {x1: l.x1, y1: l.y1, x2: l.x2, y2: l.y2}, g);
    svg('path', {class: 'gap', d: `M${x - l.ux * 15 * u} ${y - l.uy * 15 * u} L${x + l.ux * 15 * u} ${y + l.uy * 15 * u}`}, g);
    svg('path', {class: 'stop', d: both ? crossAt(x, y, 6 * u) : wallAt(x, y, l, 10 * u)}, g);
  }
}

/** @param {number} x @param {number} y @param {number} s */
function crossAt(x, y, s) {
  return `M${x - s} ${y - s} L${x + s} ${y + s} M${x + s} ${y - s} L${x - s} ${y + s}`;
}

/** An arrow that meets a wall. @param {number} x @param {number} y @param {{ux: number, uy: number}} l @param {number} s */
function wallAt(x, y, {ux, uy}, s) {
  const wall = `M${x - uy * s} ${y + ux * s} L${x + uy * s} ${y - ux * s}`;
  const tip = `${x - ux * 3} ${y - uy * 3}`;
  const back = (/** @type {number} */ side) => `${x - ux * (3 + s * 0.8) - uy * side * s * 0.6} ${y - uy * (3 + s * 0.8) + ux * side * s * 0.6}`;
  return `${wall} M${back(1)} L${tip} L${back(-1)}`;
}

/** Cuts that the partition does not explain. @param {Network} network @returns {[string, string][]} */
export function cutLinks({cut, groups}) {
  return cut.filter(([a, b]) => !separated(groups, a, b));
}

/** @param {string[][]} groups @param {string} a @param {string} b */
function separated(groups, a, b) {
  const mine = groups.filter(g => g.includes(a));
  return mine.length > 0 && groups.some(g => g.includes(b)) && !mine.some(g => g.includes(b));
}

/** Bars at every place on the ring where neighbours are apart: one line across when there are two such places, bent to where messages die.
 * @param {Layout} box @param {string[][]} groups */
export function bars(box, groups) {
  if (groups.length < 2) return [];
  const ids = Object.keys(box.nodes);
  const out = box.ring + box.r + 16 * box.unit;
  const points = ids.flatMap((id, i) => {
    const next = ids[(i + 1) % ids.length];
    if (ids.length < 2 || !separated(groups, id, next)) return [];
    return [between(box, box.nodes[id].angle, box.nodes[next].angle, out)];
  });
  const [a, b] = points;
  if (points.length !== 2) return points.map(p => `M${box.cx} ${box.cy} L${p.x} ${p.y}`);
  const m = halfWay(box, groups);
  return [`M${a.x} ${a.y} Q${2 * m.x - (a.x + b.x) / 2} ${2 * m.y - (a.y + b.y) / 2} ${b.x} ${b.y}`];
}

/** Between the groups' centres, where messages die half-way. @param {Layout} box @param {string[][]} groups */
function halfWay(box, groups) {
  const places = Object.entries(box.nodes);
  const first = groups[0];
  const sides = [places.filter(([id]) => first.includes(id)), places.filter(([id]) => !first.includes(id))];
  const mean = (/** @type {'x'|'y'} */ k) => sides.reduce((sum, side) => sum + side.reduce((s, [, p]) => s + p[k], 0) / (side.length || 1), 0) / 2;
  return {x: mean('x'), y: mean('y')};
}

/** @param {Layout} box @param {number} a @param {number} b @param {number} radius */
function between(box, a, b, radius) {
  const turn = ((b - a) % (2 * Math.PI) + 2 * Math.PI) % (2 * Math.PI);
  const angle = a + turn / 2;
  return {x: box.cx + Math.cos(angle) * radius, y: box.cy + Math.sin(angle) * radius};
}

/** The link whose line passes nearest to a point, if near enough. @param {Layout} box @param {number} x @param {number} y
 *  @param {number} slop */
export function linkAt(box, x, y, slop) {
  const ids = [...Object.keys(box.nodes)];
  let best = null;
  let nearest = slop;
  for (let i = 0; i < ids.length; i++) {
    for (let k = i + 1; k < ids.length; k++) {
      const l = line(box, ids[i], ids[k]);
      if (!l) continue;
      const away = distance(x, y, l);
      if (away < nearest) {
        nearest = away;
        best = {src: ids[i], dst: ids[k]};
      }
    }
  }
  return best;
}

/** @param {number} x @param {number} y @param {{x1: number, y1: number, x2: number, y2: number}} l */
function distance(x, y, l) {
  const dx = l.x2 - l.x1;
  const dy = l.y2 - l.y1;
  const t = Math.max(0, Math.min(1, ((x - l.x1) * dx + (y - l.y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - l.x1 - t * dx, y - l.y1 - t * dy);
}
