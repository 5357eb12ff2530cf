/**
 * What the space-time diagram draws, without drawing it: blocks of events turned into message lines, points and
 * states of the lifelines. Each block depends on its own events and the view before them, so any stretch
 * of a long trace can be laid out without the rest; a message's end is found in whichever block holds it.
 */

/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Lens} Lens */
/** @typedef {import('../types.js').MessageLook} MessageLook */
/** @typedef {{id: number, service: string, src: string, dst: string, from: number, due: number, look: MessageLook}} Line */
/** @typedef {{time: number, kind: 'deliver'|'drop', seq: number}} End */
/** @typedef {{seq: number, service: string, time: number, node: string, mark: string}} Point */
/** @typedef {{time: number, status: string, standing: string, era: number}} Stretch */
/** @typedef {{first: number, count: number, start: number, end: number, lines: Line[], points: Point[],
 *   lanes: Map<string, Stretch[]>}} Block */
/** @typedef {{range: (from: number, to: number) => Event[], viewAt: (seq: number) => View|null,
 *   services: Record<string, {landmarks: Record<string, string>}>, head: number, oldest: number,
 *   seqAt: (time: number) => number}} Trace */

export const BLOCK = 512;

const MARKED = new Set(['crash', 'restart', 'pause', 'resume', 'violation', 'request', 'timeout']);

export class Diagram {
  /** @param {Trace} trace @param {{of: (service: string) => Lens}} lenses @param {Lens} lens whose roles the lifelines show */
  constructor(trace, lenses, lens) {
    this.trace = trace;
    this.lenses = lenses;
    this.lens = lens;
    /** @type {Map<number, Block>} */
    this.blocks = new Map();
    /** @type {Map<number, End>} by message */
    this.ends = new Map();
  }

  clear() {
    this.blocks.clear();
    this.ends.clear();
  }

  /**
   * The blocks that a stretch of time touches, and the one before them, for messages already under way.
   * @param {number} from @param {number} to @returns {Block[]}
   */
  between(from, to) {
    const low = Math.max(this.trace.oldest, 1, this.trace.seqAt(from));
    const high = Math.max(low, this.trace.seqAt(to));
    const found = [];
    for (let k = Math.max(0, blockOf(low) - 1); k <= blockOf(high); k++) {
      const block = this.block(k);
      if (block) found.push(block);
    }
    return found;
  }

  /** @param {number} k @returns {Block|undefined} */
  block(k) {
    const first = Math.max(k * BLOCK + 1, this.trace.oldest);
    const last = Math.min((k + 1) * BLOCK, this.trace.head);
    const known = this.blocks.get(k);
    if (known && known.first === first && known.count === last - first + 1) return known;
    const base = this.trace.viewAt(first - 1) ?? this.trace.viewAt(first);
    const events = base ? this.trace.range(first, last) : [];
    if (!base || !events.length) return known;
    const block = this.layOut(first, events, base);
    this.blocks.set(k, block);
    return block;
  }

  /** @param {number} first @param {Event[]} events @param {View} base @returns {Block} */
  layOut(first, events, base) {
    const last = events[events.length - 1];
    /** @type {Block} */
    const block = { first, count: events.length, start: Math.min(base.time, events[0].time), end: last.time, lines: [], points: [], lanes: new Map() };
    const lanes = new Lanes(base, this.lens, block);
    for (const event of events) {
      if (event.kind === 'send') block.lines.push(this.line(event));
      else if (event.kind === 'deliver' || event.kind === 'drop') {
        this.ends.set(event.body[0], { time: event.time, kind: event.kind, seq: event.seq });
      }
      const mark = this.markOf(event);
      if (mark) block.points.push({ seq: event.seq, service: this.lenses.of(event.service).service, time: event.time, node: event.node, mark });
      lanes.take(event);
    }
    return block;
  }

  /** @param {Event} event @returns {Line} */
  line(event) {
    const [dst, type, fields, arrives] = event.body;
    const message = { id: event.seq, src: event.node, dst, service: event.service, type, fields, sent: event.time, arrives };
    const lens = this.lenses.of(event.service);
    return { id: event.seq, service: lens.service, src: event.node, dst, from: event.time, due: arrives, look: lens.message(/** @type {any} */ (message)) };
  }

  /** @param {Event} event */
  markOf(event) {
    if (MARKED.has(event.kind)) return event.kind;
    const landmarks = this.trace.services[event.service]?.landmarks ?? {};
    for (const [rule] of event.why) if (landmarks[rule]) return landmarks[rule];
    return '';
  }
}

/** @param {number} seq */
export const blockOf = (seq) => Math.floor((seq - 1) / BLOCK);

/** Follows each node's status, standing and era through one block. */
class Lanes {
  /** @param {View} base @param {Lens} lens @param {Block} block */
  constructor(base, lens, block) {
    this.lens = lens;
    this.block = block;
    /** @type {Map<string, {status: string, state: any}>} */
    this.now = new Map();
    for (const [name, node] of Object.entries(base.nodes)) {
      this.now.set(name, { status: node.status, state: { ...node.services[this.lens.service]?.state } });
      this.note(name, block.start);
    }
  }

  /** @param {Event} event */
  take(event) {
    if (!event.node) return;
    const here = this.now.get(event.node) ?? { status: 'up', state: {} };
    this.now.set(event.node, here);
    const status = STATUS[event.kind];
    if (status) here.status = status;
    if (event.service && event.service !== this.lens.service) return status ? this.note(event.node, event.time) : undefined;
    for (const change of event.patch) if (change.length === 2) here.state[change[0]] = change[1];
    if (status || event.patch.length) this.note(event.node, event.time);
  }

  /** @param {string} name @param {number} time */
  note(name, time) {
    const { status, state } = /** @type {{status: string, state: any}} */ (this.now.get(name));
    const known = Object.keys(state).length > 0; // else it runs another service, or is a client
    const standing = known ? this.lens.standing(state) : 'follows';
    const era = known ? this.lens.era(state) : 0;
    const lane = this.block.lanes.get(name) ?? [];
    this.block.lanes.set(name, lane);
    const before = lane[lane.length - 1];
    if (before && before.status === status && before.standing === standing && before.era === era) return;
    lane.push({ time, status, standing, era });
  }
}

/** @type {Record<string, string>} */
const STATUS = { start: 'up', restart: 'up', resume: 'up', crash: 'crashed', pause: 'paused' };

/**
 * How far a line is drawn: to its end when that is known; a message under way, to where it would be at `now`.
 * @param {Line} line @param {End|undefined} end @param {number} now
 * @returns {{time: number, share: number}} the last moment drawn, and how much of the way it has gone by then
 */
export function extent(line, end, now) {
  if (end?.kind === 'deliver') return { time: end.time, share: 1 };
  const time = end ? end.time : now;
  const share = line.due > line.from ? (time - line.from) / (line.due - line.from) : 1;
  return { time, share: Math.min(1, Math.max(0.06, share)) };
}

/** @param {number} x @param {number} y @param {{x1: number, y1: number, x2: number, y2: number}} s */
export function distanceTo(x, y, s) {
  const dx = s.x2 - s.x1;
  const dy = s.y2 - s.y1;
  const along = dx || dy ? Math.min(1, Math.max(0, ((x - s.x1) * dx + (y - s.y1) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - s.x1 - along * dx, y - s.y1 - along * dy);
}
