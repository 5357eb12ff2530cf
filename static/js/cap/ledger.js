/**
 * Who answered, who refused, who lied: what two stores did for the same clients, counted from the trace. All of it is a
 * function of the events and a time. A client of either store explains `issue` (or `queued` first), `answered`, `failed`
 * and `timed-out`.
 */

/** @typedef {import('../types.js').Event} TraceEvent */
/**
 * @typedef {object} Operation
 * @property {string} service the store's name
 * @property {string} client
 * @property {'put'|'get'} op
 * @property {string} key
 * @property {string} value what a put writes
 * @property {number} asked virtual µs
 * @property {number} ended Infinity while nobody has said anything
 * @property {'ok'|'failed'|'time-out'|''} outcome
 * @property {string[]} results what a get found: several where there are siblings
 */
/** @typedef {'waits'|'answered'|'late'|'refused'|'lied'} Verdict */

/** A client that has waited longer has been refused, as far as it can tell (µs). */
export const PATIENCE = 300_000;

/** What a store does behind its clients' backs, by the rule that says so. @type {Record<string, string>} */
const NOTED = { 'comes-home': 'home', 'append-truncated': 'replaced', exchanged: 'exchanged', repaired: 'repaired' };

export class Ledger {
  /** @param {string[]} services the stores of the room, in its order @param {Record<string, string>} sides the store that a clients' side talks to */
  constructor(services, sides) {
    this.services = services;
    this.sides = sides;
    /** @type {Operation[]} in the order in which they were asked */
    this.operations = [];
    /** When the network broke, and when it was whole again. @type {{time: number, cut: boolean}[]} */
    this.breaks = [];
    /** @type {{time: number, service: string, what: string}[]} */
    this.notes = [];
    this.seq = 0;
    /** @type {Map<string, Operation[]>} those without an answer, by service and client, in their order */
    this.open = new Map();
  }

  /** @param {TraceEvent[]} events */
  take(events) {
    for (const event of events) {
      if (event.seq <= this.seq) continue;
      this.seq = event.seq;
      if (event.kind === 'network') this.hearNetwork(event);
      const store = this.sides[event.service];
      for (const [rule, data] of event.why) {
        if (store) this.hear(store, event, rule, data);
        else if (rule in NOTED) this.note(event, rule, data);
      }
    }
    return this;
  }

  /** @param {TraceEvent} event */
  hearNetwork({ time, body }) {
    const cut = body[0].groups.length > 0;
    if (cut !== (this.breaks.at(-1)?.cut ?? false)) this.breaks.push({ time, cut });
  }

  /** @param {TraceEvent} event @param {string} rule @param {any} data */
  note({ time, service }, rule, data) {
    if (!Array.isArray(data.keys) || data.keys.length) this.notes.push({ time, service, what: NOTED[rule] });
  }

  /** @param {string} service @param {TraceEvent} event @param {string} rule @param {any} data */
  hear(service, { node: client, time }, rule, data) {
    const line = `${service} ${client}`;
    const waiting = this.open.get(line) ?? [];
    if (rule === 'queued' || (rule === 'issue' && !waiting.some((o) => o.op === data.op.op && o.key === data.op.key && o.value === data.op.value))) {
      const { op, key, value = '' } = data.op;
      /** @type {Operation} */
      const operation = { service, client, op, key, value, asked: time, ended: Infinity, outcome: '', results: [] };
      this.operations.push(operation);
      this.open.set(line, [...waiting, operation]);
    } else if (rule in ENDS && waiting.length) {
      const [first, ...rest] = waiting;
      this.open.set(line, rest);
      Object.assign(first, { ended: time, outcome: ENDS[rule], results: first.op === 'get' ? found(data.result) : [] });
    }
  }
}

/** @type {Record<string, Operation['outcome']>} */
const ENDS = { answered: 'ok', failed: 'failed', 'timed-out': 'time-out' };

/** A store that has siblings gives all of them. @param {string|null|undefined} result */
const found = (result) => (result === null || result === undefined ? [] : result.split(' | '));

/**
 * Whether a read was told something old although a newer write had been confirmed before it was asked: each value that it
 * was given had been written, and that write had been confirmed, before the last confirmed one even began; one that failed may
 * take effect at any time. (A register that never does this is regular: Lamport 1986.)
 * @param {Operation} read @param {Operation[]} all
 */
export function isStale(read, all) {
  if (read.op !== 'get' || read.outcome !== 'ok') return false;
  const known = judged.get(read) ?? toldOld(read, all);
  judged.set(read, known);
  return known;
}

/** An answer that was given stays as it was. @type {WeakMap<Operation, boolean>} */
const judged = new WeakMap();

/** @param {Operation} read @param {Operation[]} all */
function toldOld(read, all) {
  const writes = all.filter((o) => o.service === read.service && o.op === 'put' && o.key === read.key);
  const confirmed = writes.filter((w) => w.outcome === 'ok' && w.ended < read.asked);
  if (!confirmed.length) return false;
  const begun = Math.max(...confirmed.map((w) => w.asked));
  return read.results.every((value) => writes.some((w) => w.value === value && w.outcome === 'ok' && w.ended < begun) || !writes.some((w) => w.value === value));
}

/** How an operation stands at `time`. @param {Operation} o @param {number} time @param {Operation[]} all @returns {Verdict} */
export function verdict(o, time, all) {
  if (o.ended > time) return time - o.asked > PATIENCE ? 'refused' : 'waits';
  if (o.outcome !== 'ok') return 'refused';
  if (isStale(o, all)) return 'lied';
  return o.ended - o.asked > PATIENCE ? 'late' : 'answered';
}

/** How many of these stand how. @param {Operation[]} some @param {number} time @param {Operation[]} all */
export function count(some, time, all) {
  const counts = { waits: 0, answered: 0, late: 0, refused: 0, lied: 0, asked: 0 };
  for (const o of some) {
    if (o.asked > time) continue;
    counts.asked++;
    counts[verdict(o, time, all)]++;
  }
  return counts;
}

/** The last break before `time`, and whether the network is broken now. @param {Ledger} ledger @param {number} time */
export function since({ breaks }, time) {
  const past = breaks.filter((b) => b.time <= time);
  const cut = past.findLast((b) => b.cut)?.time ?? -1;
  const healed = past.findLast((b) => !b.cut)?.time ?? -1;
  return { cut, healed, broken: cut > healed };
}
