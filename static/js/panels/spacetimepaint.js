/** Draws the space-time diagram's visible stretch on a canvas, and remembers where things are for the pointer. */

import { distanceTo, extent } from './diagram.js';
import { familyLine, token } from './palette.js';
import { roundUp, tickText } from './timescale.js';

/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('./diagram.js').Block} Block */
/** @typedef {import('./diagram.js').Line} Line */
/** @typedef {import('./diagram.js').Stretch} Stretch */
/** @typedef {{x1: number, y1: number, x2: number, y2: number, line: Line, dropped: boolean, dim: boolean}} Drawn */

const TOP = 20;
const BOTTOM = 6;
/** Marks worth a shape of their own, and the token of its colour. @type {Record<string, string>} */
const MARKS = { election: 'accent', commit: 'good', abort: 'abort', violation: 'bad', crash: 'muted', request: 'client' };

export class Painter {
  /** @param {HTMLCanvasElement} canvas @param {import('./timescale.js').TimeScale} scale @param {import('./diagram.js').Diagram} diagram */
  constructor(canvas, scale, diagram) {
    this.canvas = canvas;
    this.scale = scale;
    this.diagram = diagram;
    this.c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    /** @type {Map<string, number>} */
    this.lanes = new Map();
    /** @type {Drawn[]} */
    this.drawn = [];
    /** @type {{x: number, y: number, seq: number, node: string, mark: string}[]} */
    this.points = [];
    this.height = 0;
    /** Which services are to be seen. @type {(service: string) => boolean} */
    this.shows = () => true;
  }

  /** @param {Shown} shown @param {string[]} names @param {number} now how far the branch has come */
  draw(shown, names, now) {
    this.resize();
    this.layLanes(names);
    const blocks = this.diagram.between(this.scale.from, this.scale.to);
    this.collect(blocks, shown.time, now);
    this.c.clearRect(0, 0, this.canvas.clientWidth, this.height);
    this.ruler();
    this.lifelines(blocks, names, now);
    this.messages();
    this.marks();
    this.names(names);
    this.playhead(shown.time);
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.height = clientHeight;
    const [w, h] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.c.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.c.font = `12px ${token('font', 'sans-serif')}`;
  }

  /** @param {string[]} names */
  layLanes(names) {
    const gap = (this.height - TOP - BOTTOM) / Math.max(1, names.length);
    this.lanes = new Map(names.map((name, i) => [name, TOP + gap * (i + 0.5)]));
  }

  /** Where each message and each mark in view lies. @param {Block[]} blocks @param {number} shownTime @param {number} now */
  collect(blocks, shownTime, now) {
    const { scale, lanes } = this;
    this.drawn = [];
    this.points = [];
    for (const block of blocks) {
      for (const line of block.lines) if (this.shows(line.service)) this.collectLine(line, shownTime, now);
      for (const point of block.points) {
        const y = lanes.get(point.node);
        if (y !== undefined && this.shows(point.service) && point.time >= scale.from && point.time <= scale.to) this.points.push({ ...point, x: scale.x(point.time), y });
      }
    }
  }

  /** @param {Line} line @param {number} shownTime @param {number} now */
  collectLine(line, shownTime, now) {
    const { scale, lanes } = this;
    const end = this.diagram.ends.get(line.id);
    const { time, share } = extent(line, end, Math.max(now, line.from));
    const y1 = lanes.get(line.src);
    const y2 = lanes.get(line.dst);
    if (y1 === undefined || y2 === undefined || time < scale.from || line.from > scale.to) return;
    this.drawn.push({
      x1: scale.x(line.from), y1, x2: scale.x(time), y2: y1 + (y2 - y1) * share, line,
      dropped: end?.kind === 'drop', dim: line.from > shownTime,
    });
  }

  ruler() {
    const { c, scale } = this;
    const step = roundUp((scale.span / scale.width) * 90);
    c.textBaseline = 'middle';
    c.textAlign = 'center';
    for (const t of scale.ticks()) {
      const x = Math.round(scale.x(t)) + 0.5;
      c.fillStyle = token('muted');
      if (x > scale.left + 14 && x < scale.left + scale.width - 16) c.fillText(tickText(t, step), x, 8);
      c.strokeStyle = token('hairline');
      c.globalAlpha = 0.6;
      stroke(c, x, TOP - 3, x, this.height);
      c.globalAlpha = 1;
    }
  }

  /** @param {Block[]} blocks @param {string[]} names @param {number} now */
  lifelines(blocks, names, now) {
    const { scale } = this;
    const limit = Math.min(scale.x(now), scale.left + scale.width);
    for (const name of names) {
      const y = /** @type {number} */ (this.lanes.get(name));
      this.c.lineWidth = 1;
      this.c.strokeStyle = token('hairline');
      stroke(this.c, scale.left, y, scale.left + scale.width, y);
    }
    blocks.forEach((block, i) => {
      const until = i + 1 < blocks.length ? blocks[i + 1].start : now;
      for (const [name, lane] of block.lanes) this.lane(name, lane, until, limit);
    });
  }

  /** @param {string} name @param {Stretch[]} lane @param {number} until @param {number} limit */
  lane(name, lane, until, limit) {
    const y = this.lanes.get(name);
    if (y === undefined) return;
    lane.forEach((stretch, i) => {
      const x1 = Math.max(this.scale.left, this.scale.x(stretch.time));
      const x2 = Math.min(limit, this.scale.x(i + 1 < lane.length ? lane[i + 1].time : until));
      if (x2 > x1) this.stretch(stretch, x1, x2, y);
    });
  }

  /** @param {Stretch} s @param {number} x1 @param {number} x2 @param {number} y */
  stretch(s, x1, x2, y) {
    const { c } = this;
    c.setLineDash([]);
    if (s.status === 'crashed') line(c, token('crashed'), 8);
    else if (s.status === 'paused') {
      line(c, token('muted'), 4);
      c.setLineDash([3, 4]);
    } else if (s.standing === 'leads') line(c, token(`era-${eraIndex(s.era)}`, token('node')), 5);
    else if (s.standing === 'looks') {
      line(c, token(`era-${eraIndex(s.era)}`, token('vote')), 3);
      c.setLineDash([6, 4]);
    } else return;
    stroke(c, x1, y, x2, y);
    c.setLineDash([]);
  }

  messages() {
    const { c } = this;
    c.lineCap = 'round';
    for (const [style, group] of groupBy(this.drawn, (d) => `${d.line.look.color}${d.dim ? '~' : ''}${d.line.look.reply ? '-' : ''}`)) {
      const colour = style.replace(/[~-]/g, '');
      c.strokeStyle = familyLine(colour);
      c.globalAlpha = style.includes('~') ? 0.35 : style.includes('-') ? 0.62 : 0.95;
      c.lineWidth = style.includes('-') ? 1 : 1.4;
      c.beginPath();
      for (const d of group) {
        c.moveTo(d.x1, d.y1);
        c.lineTo(d.x2, d.y2);
      }
      c.stroke();
      c.lineWidth = 1.8;
      for (const d of group) if (d.dropped) cross(c, d.x2, d.y2, 4);
    }
    c.globalAlpha = 1;
    c.lineCap = 'butt';
  }

  marks() {
    const { c } = this;
    for (const p of this.points) {
      const name = MARKS[p.mark];
      if (!name) continue;
      c.fillStyle = c.strokeStyle = token(name, token('accent'));
      c.lineWidth = 2;
      if (p.mark === 'crash' || p.mark === 'violation') cross(c, p.x, p.y, 5);
      else if (p.mark === 'election') diamond(c, p.x, p.y, 6);
      else dot(c, p.x, p.y, p.mark === 'commit' ? 3.2 : 2.4);
    }
  }

  /** The gutter hides whatever runs under it. @param {string[]} names */
  names(names) {
    const { c } = this;
    c.clearRect(0, 0, this.scale.left, this.height);
    c.textAlign = 'right';
    c.fillStyle = token('muted');
    const gap = (this.height - TOP - BOTTOM) / Math.max(1, names.length);
    c.font = `${Math.min(12, Math.max(9, gap - 1))}px ${token('font', 'sans-serif')}`;
    for (const name of names) c.fillText(short(name), this.scale.left - 12, /** @type {number} */ (this.lanes.get(name)));
  }

  /** @param {number} time */
  playhead(time) {
    const { c } = this;
    const x = this.scale.x(time);
    if (x < this.scale.left - 4 || x > this.scale.left + this.scale.width + 8) return;
    c.strokeStyle = c.fillStyle = token('accent');
    c.lineWidth = 2;
    stroke(c, x, 10, x, this.height);
    dot(c, x, 8, 5);
  }

  /** What the pointer is on: a mark, else the nearest message. @param {number} x @param {number} y @returns {{seq: number, node: string}|null} */
  hit(x, y) {
    const near = this.points.filter((p) => Math.hypot(p.x - x, p.y - y) < 8);
    const point = near.find((p) => MARKS[p.mark]) ?? near[0];
    if (point) return { seq: point.seq, node: point.node };
    let best = 6;
    let found = null;
    for (const d of this.drawn) {
      if (x < Math.min(d.x1, d.x2) - 6 || x > Math.max(d.x1, d.x2) + 6) continue;
      const away = distanceTo(x, y, d);
      if (away < best) [best, found] = [away, d];
    }
    if (!found) return null;
    const end = this.diagram.ends.get(found.line.id);
    const nearEnd = end && Math.hypot(found.x2 - x, found.y2 - y) < Math.hypot(found.x1 - x, found.y1 - y);
    return nearEnd ? { seq: end.seq, node: found.line.dst } : { seq: found.line.id, node: found.line.src };
  }
}

/** Terms cycle through the tokens era-0 … era-7. @param {number} era */
const eraIndex = (era) => era % 8;

/** @param {string} name */
const short = (name) => (name.length > 5 ? `${name.slice(0, 4)}…` : name);

/** @template T @param {T[]} items @param {(item: T) => string} key @returns {Map<string, T[]>} */
function groupBy(items, key) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group) group.push(item);
    else groups.set(k, [item]);
  }
  return groups;
}

/** @param {CanvasRenderingContext2D} c @param {string} colour @param {number} width */
function line(c, colour, width) {
  c.strokeStyle = colour;
  c.lineWidth = width;
}

/** @param {CanvasRenderingContext2D} c @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function stroke(c, x1, y1, x2, y2) {
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.stroke();
}

/** @param {CanvasRenderingContext2D} c @param {number} x @param {number} y @param {number} r */
function cross(c, x, y, r) {
  stroke(c, x - r, y - r, x + r, y + r);
  stroke(c, x - r, y + r, x + r, y - r);
}

/** @param {CanvasRenderingContext2D} c @param {number} x @param {number} y @param {number} r */
function dot(c, x, y, r) {
  c.beginPath();
  c.arc(x, y, r, 0, Math.PI * 2);
  c.fill();
}

/** @param {CanvasRenderingContext2D} c @param {number} x @param {number} y @param {number} r */
function diamond(c, x, y, r) {
  c.beginPath();
  c.moveTo(x, y - r);
  c.lineTo(x + r, y);
  c.lineTo(x, y + r);
  c.lineTo(x - r, y);
  c.closePath();
  c.fill();
}
