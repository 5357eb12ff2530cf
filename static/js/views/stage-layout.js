/**
 * Where everything stands on the stage: pure geometry, from a size and the names to positions. Nodes on a ring,
 * their labels and log strips outside it, clients in the corners.
 */

/**
 * @typedef {{x: number, y: number, angle: number, label: Label}} Place
 * @typedef {{x: number, y: number, anchor: 'start'|'middle'|'end', cells: number, name: number, strip: number,
 *   up: boolean, end: number}} Label up: small print grows upwards from the name; end: where there is no more room for it
 * @typedef {{w: number, h: number, cx: number, cy: number, ring: number, r: number, unit: number, cell: number,
 *   cellHeight: number, clientR: number, narrow: boolean, low?: boolean, nodes: Record<string, Place>,
 *   clients: Record<string, {x: number, y: number, side: number}>, more: More|null}} Layout
 * @typedef {{x: number, y: number, ids: Set<string>}} More clients for whom there is no room: one place stands for all
 */

const MOST_CELLS = 9;
/** So many clients are drawn, or as many as a small stage has room for. */
const MOST_CLIENTS = {wide: 8, narrow: 3};

/**
 * @param {number} w @param {number} h room for the ring, without the caption
 * @param {string[]} nodes @param {string[]} clients @param {{scale?: number, top?: number, bare?: boolean}} [options] bare: no
 *  labels, so no room for them
 * @returns {Layout}
 */
export function layout(w, h, nodes, clients, {scale = 1, top = 0, bare = false} = {}) {
  const narrow = w < 640 && (bare || w < 1.05 * h); // there is no room beside the nodes, but over and under them
  const least = bare ? 0.55 : 0.72 * Math.max(1, 0.9 * scale);
  const unit = Math.min(1.7, Math.max(least, scale * Math.min(w / (narrow ? 430 : 960), h / (narrow ? 480 : 580))));
  const angles = ringAngles(nodes.length);
  const sizes = {unit, narrow, cell: (narrow ? (nodes.length > 5 ? 22 : 25) : 29) * unit, cellHeight: 21 * unit};
  const room = bare || nodes.length === 1 ? {over: 0, under: 0} : labelRoom(nodes.length, narrow, unit, clients.length, h);
  const ring = ringSize(w, h - top, angles, unit, narrow, nodes.length, room, bare);
  const box = {w, h, ...sizes, ...ring, cx: w / 2, cy: centreY(h, top, angles, ring, room)};
  const clientR = Math.max(17, Math.min(26 * unit, ring.r * 0.72));
  const places = nodes.map((id, i) => [id, nodePlace(box, angles[i], nodes.length)]);
  const shown = clients.slice(0, MOST_CLIENTS[narrow || 'low' in box ? 'narrow' : 'wide']);
  const result = /** @type {Layout} */ ({...box, clientR, nodes: Object.fromEntries(places), more: null,
    clients: clientPlaces(box, shown, clientR, top)});
  if (shown.length < clients.length) result.more = morePlace(result, clients.slice(shown.length));
  for (const {label, ...place} of Object.values(result.nodes)) {
    label.cells = cellRoom(result, label);
    label.end = label.up ? top - 16 * unit : printRoom(result, place, label);
  }
  return result;
}

/** From twelve o'clock, clockwise; two stand side by side. @param {number} n */
function ringAngles(n) {
  if (n === 2) return [Math.PI, 0];
  return Array.from({length: n}, (_, i) => -Math.PI / 2 + i * 2 * Math.PI / n);
}

/** Labels at the very top and bottom stand above and below when the neighbours are near. @param {number} n */
const crowded = n => n >= 7;

/** Room kept for labels over the highest and under the lowest node, and for two lines of small print where no client is
 *  pushed onto the ring by that. @param {number} n @param {boolean} narrow @param {number} unit @param {number} clients @param {number} h */
function labelRoom(n, narrow, unit, clients, h) {
  const over = narrow || crowded(n) ? 46 * unit : 0;
  const under = narrow || n % 2 === 0 ? over : 0;
  return {over, under: narrow && h > 440 && (n === 3 || clients < 3) ? under + 36 * unit : under};
}

/** @param {number} w @param {number} h @param {number[]} angles @param {number} unit @param {boolean} narrow @param {number} n
 *  @param {{over: number, under: number}} room @param {boolean} bare */
function ringSize(w, h, angles, unit, narrow, n, {over, under}, bare) {
  const r = (narrow && n > 5 ? 33 : 46) * unit * Math.sqrt(5 / Math.max(5, n));
  if (n === 1) return {ring: 0, r: Math.min(64 * unit, r * 1.4)};
  const spanX = Math.max(...angles.map(a => Math.abs(Math.cos(a))), 0.001);
  const side = narrow ? 30 * unit : 112 * unit;
  const byHeight = (h - 2 * r - over - under - 20 * unit) / Math.max(0.001, extent(angles, Math.sin));
  const byWidth = (w / 2 - r - side) / spanX;
  const whole = (h - r - over - 14 * unit) / 2; // its foot hangs lower than the lowest of three nodes
  const ring = Math.max(r * 1.3, Math.min(byHeight, byWidth, n === 3 ? whole : Infinity, n === 2 ? 190 * unit : 235 * unit));
  if (!narrow && !bare && n > 2 && ring < 2.1 * r) return lowRing(h, angles, unit);
  return {ring, r: narrow && !bare ? Math.max(15, Math.min(r, roomBetween(angles, ring, unit))) : r};
}

/** On a very low stage the nodes are smaller, and the ring fills its height. @param {number} h @param {number[]} angles @param {number} unit */
function lowRing(h, angles, unit) {
  const across = extent(angles, Math.sin);
  const ring = Math.max(24, (h - 16 * unit) / (across + 0.84));
  return {ring, r: Math.max(15, 0.42 * ring), low: true};
}

/** The radius that leaves room for a label between neighbours that stand over each other.
 * @param {number[]} angles @param {number} ring @param {number} unit */
function roomBetween(angles, ring, unit) {
  const gaps = angles.slice(1).map((a, i) => ({gap: Math.abs(Math.sin(a) - Math.sin(angles[i])) * ring, side: Math.cos(a) * Math.cos(angles[i]) > 0.2}));
  return Math.min(...gaps.filter(g => g.side).map(g => (g.gap - 54 * unit) / 2));
}

/** @param {number[]} angles @param {(a: number) => number} fn */
function extent(angles, fn) {
  return Math.max(...angles.map(fn)) - Math.min(...angles.map(fn));
}

/** In the middle of what the labels leave, and the ring itself not over the edge: three nodes leave its foot bare. @param {number} h @param {number} top @param {number[]} angles
 *  @param {{ring: number}} ring @param {{over: number, under: number}} room */
function centreY(h, top, angles, {ring}, {over, under}) {
  const low = Math.min(...angles.map(Math.sin)) * ring;
  const high = Math.max(...angles.map(Math.sin)) * ring;
  return Math.min((top + over + h - under) / 2 - (low + high) / 2, Math.max(h / 2, h - ring - 4));
}

/** @param {any} box @param {number} angle @param {number} n @returns {Place} */
function nodePlace(box, angle, n) {
  const x = box.cx + box.ring * Math.cos(angle);
  const y = box.cy + box.ring * Math.sin(angle);
  return {x, y, angle, label: box.narrow ? labelOver(box, x, y, angle) : labelBeside(box, x, y, angle, n)};
}

/** Beside the node, outwards; over or under it at the poles of a crowded ring.
 * @param {any} box @param {number} x @param {number} y @param {number} angle @param {number} n @returns {Label} */
function labelBeside(box, x, y, angle, n) {
  const {unit, r} = box;
  const flat = Math.abs(Math.cos(angle));
  if (n === 1 || (crowded(n) && flat < 0.2)) return labelOver(box, x, y, angle);
  const right = Math.cos(angle) > -0.01;
  const reach = r + (14 + 14 * (1 - flat)) * unit;
  const middle = y + (Math.sin(angle) > 0 && !crowded(n) ? -12 : 14) * Math.sin(angle) * unit; // low nodes' small print hangs down: it begins higher
  return {x: x + (right ? reach : -reach), y: middle, anchor: right ? 'start' : 'end', cells: 4,
    name: middle - 7 * unit, strip: middle + 1 * unit, up: false, end: 0};
}

/** Centred over the node in the upper half, under it in the lower. @param {any} box @param {number} x @param {number} y
 *  @param {number} angle @returns {Label} */
function labelOver(box, x, y, angle) {
  const {unit, r, cellHeight} = box;
  const up = Math.sin(angle) < -0.6;
  const gap = r + 9 * unit;
  const name = up ? y - gap - cellHeight - 7 * unit : y + gap + 12 * unit;
  return {x, y: name, anchor: 'middle', cells: 3, name, strip: up ? y - gap - cellHeight : y + gap + 19 * unit, up, end: 0};
}

/** Corners first, then further along the edges. @param {any} box @param {string[]} ids @param {number} r @param {number} top */
function clientPlaces(box, ids, r, top) {
  const {w, h, unit, narrow} = box;
  if (box.low) return lowCorners(box, ids, r);
  const edge = r + (narrow ? 12 : Math.max(30, w * 0.075)) * unit;
  const upper = top + r + (narrow ? 26 : 74) * unit;
  const lower = h - r - 24 * unit;
  const down = 2 * r + 34 * unit;
  return Object.fromEntries(ids.map((id, i) => {
    const side = i % 2 ? 1 : -1;
    const depth = Math.floor(i / 4) * down;
    const low = !narrow && Math.floor(i / 2) % 2;
    const y = low ? lower - depth : upper + (narrow ? Math.floor(i / 2) * down : depth);
    return [id, {x: side < 0 ? edge : w - edge, y, side}];
  }));
}

/** Along the lower edge, from the corners inwards. @param {any} box @param {string[]} ids @param {number} r */
function lowCorners({w, h}, ids, r) {
  return Object.fromEntries(ids.map((id, i) => {
    const side = i % 2 ? 1 : -1;
    const x = r + 10 + Math.floor(i / 2) * (2 * r + 12);
    return [id, {x: side < 0 ? x : w - x, y: h - r - 20, side}];
  }));
}

/** Over the second client. @param {Layout} box @param {string[]} ids @returns {More} */
function morePlace({clients, clientR, unit}, ids) {
  const {x, y} = Object.values(clients)[1];
  return {x, y: y - clientR - 14 * unit, ids: new Set(ids)};
}

/** How many cells of a log fit between a label and whatever is beside it. @param {Layout} box @param {Label} label */
function cellRoom(box, label) {
  const margin = 10 * box.unit;
  if (label.anchor === 'middle') {
    const half = Math.min(label.x - margin, box.w - margin - label.x, 70 * box.unit);
    return Math.max(2, Math.min(box.narrow ? 3 : 5, Math.floor(2 * half / box.cell)));
  }
  const away = label.anchor === 'start' ? 1 : -1;
  let limit = away > 0 ? box.w - margin : margin;
  for (const c of Object.values(box.clients)) {
    const beside = Math.abs(c.y - label.y) < box.clientR + 40 * box.unit && c.side === away;
    if (beside) limit = away > 0 ? Math.min(limit, c.x - box.clientR - margin) : Math.max(limit, c.x + box.clientR + margin);
  }
  const room = away * (limit - label.x) - 15 * box.unit; // the dots that stand for what is left out
  return Math.max(2, Math.min(MOST_CELLS, Math.floor(room / box.cell)));
}

/** How far down small print may reach: to the next node under it, or the caption. @param {Layout} box @param {{x: number, y: number}} place
 *  @param {Label} label */
function printRoom(box, place, label) {
  const reach = box.r + 44 * box.unit;
  const under = Object.values(box.nodes).filter(p => p.y > place.y + box.r && Math.abs(p.x - label.x) < reach);
  return Math.min(box.h + 6 * box.unit, ...under.map(p => p.y - box.r - 6 * box.unit));
}

/** The centre and radius of an endpoint. @param {Layout} box @param {string} id */
export function spot(box, id) {
  const node = box.nodes[id];
  if (node) return {x: node.x, y: node.y, r: box.r};
  const client = box.clients[id];
  if (client) return {x: client.x, y: client.y, r: box.clientR};
  return box.more?.ids.has(id) ? {x: box.more.x, y: box.more.y, r: 10 * box.unit} : null;
}

/** The line between two rims. @param {Layout} box @param {string} src @param {string} dst */
export function line(box, src, dst) {
  const a = spot(box, src);
  const b = spot(box, dst);
  if (!a || !b) return null;
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const ux = (b.x - a.x) / length;
  const uy = (b.y - a.y) / length;
  return {x1: a.x + ux * (a.r + 3), y1: a.y + uy * (a.r + 3), x2: b.x - ux * (b.r + 3), y2: b.y - uy * (b.r + 3), ux, uy};
}
