/**
 * The store holds what the server said: the room, its people, its branches, and the trace of each branch that
 * this browser has seen. It answers from memory; what it does not hold it fetches, and says so when it came.
 */

import { BASE } from './base.js';
import {decodeEvent} from './reduce.js';
import {History} from './history.js';

/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Event} TraceEvent */
/** @typedef {import('../types.js').Mark} Mark */
/** @typedef {import('../types.js').Branch} Branch */

export class Store {
  /** @param {{fetchJson?: (url: string) => Promise<any>}} [options] */
  constructor({fetchJson = getJson} = {}) {
    this.fetchJson = fetchJson;
    /** @type {any} */ this.room = null;
    this.you = {id: '', role: 'viewer'};
    this.people = {viewers: 1, driving: 0};
    this.transport = {playing: false, speed: 0.02, now: 0};
    /** @type {Branch[]} */ this.branches = [];
    this.branch = '';
    this.now = 0;
    this.oldest = 1;
    /** @type {Map<string, History>} */ this.histories = new Map();
    /** @type {Map<string, Map<string, Mark>>} */ this.markSets = new Map();
    /** @type {Map<string, Promise<void>>} */ this.pending = new Map();
    /** @type {Set<(what: string) => void>} */ this.listeners = new Set();
  }

  /** @param {(what: string) => void} fn */
  subscribe(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** @param {string} what */
  notify(what) {
    for (const fn of this.listeners) fn(what);
  }

  get services() { return this.room?.services ?? {}; }
  get head() { return this.history.head; }
  /** The room's own branch, when we play in a private one. */
  get isPrivate() { return Boolean(this.branches.find(b => b.id === this.branch)?.private); }

  get history() {
    let history = this.histories.get(this.branch);
    if (!history) this.histories.set(this.branch, history = new History(this.branch));
    return history;
  }

  /** What the server says, by type. @param {any} message */
  receive(message) {
    const take = /** @type {any} */ (this)['on_' + message.type];
    if (take) take.call(this, message);
  }

  /** @param {any} m */
  on_welcome(m) {
    Object.assign(this, {room: m.room, you: m.you, people: m.people, transport: m.transport});
    this.setBranches(m.branches, m.branch);
    if (m.view) this.startAt(m.view, m.oldest, m.now);
    else this.now = Math.max(this.now, m.now);
    this.loadMarks();
    this.notify('people');
    this.notify('branches');
    this.notify('transport');
    this.notify('snapshot');
  }

  /** @param {any} m */
  on_events(m) {
    if (m.branch !== this.branch) return;
    const fresh = m.events.map(decodeEvent);
    for (const event of fresh) this.noteMark(event);
    this.history.append(fresh);
    this.now = m.now;
    this.notify('events');
  }

  /** @param {any} m */
  on_snapshot(m) {
    const moved = m.branch !== this.branch;
    if (moved) this.setBranches(this.branches, m.branch);
    this.startAt(m.view, m.oldest, m.now);
    if (moved) this.loadMarks();
    this.notify('snapshot');
  }

  /** @param {any} m */
  on_transport(m) {
    if (m.branch && m.branch !== this.branch) return;
    this.transport = m.transport;
    this.now = Math.max(this.now, m.transport.now);
    this.notify('transport');
  }

  /** The tree changed; the branch shown changes with the snapshot that follows. @param {any} m */
  on_branches(m) {
    this.branches = m.branches;
    this.oldest = this.branches.find(b => b.id === this.branch)?.oldest ?? this.oldest;
    this.notify('branches');
  }

  /** @param {any} m */
  on_people(m) {
    this.people = m.people;
    if (m.you) this.you = m.you;
    this.notify('people');
  }

  /** @param {Branch[]} branches @param {string} branch */
  setBranches(branches, branch) {
    this.branches = branches;
    if (branch === this.branch) return;
    this.branch = branch;
    if (this.histories.has(branch)) return;
    const born = branches.find(b => b.id === branch);
    const parent = born?.parent && this.histories.get(born.parent);
    if (born && parent) this.history.share(parent, born.forkSeq);
  }

  /** @param {View} view @param {number} oldest @param {number} now */
  startAt(view, oldest, now) {
    this.history.reset(view);
    this.oldest = oldest;
    this.now = now;
  }

  // -- the trace ---------------------------------------------------------------------------------------------

  /** @param {number} seq @returns {TraceEvent|undefined} */
  event(seq) {
    const event = this.history.event(seq);
    if (!event && seq >= Math.max(1, this.oldest) && seq <= this.head) this.fetchChunk(seq);
    return event;
  }

  /** @param {number} from @param {number} to */
  range(from, to) {
    return this.history.range(from, to);
  }

  /** @param {number} seq @returns {View|null} */
  viewAt(seq) {
    const view = this.history.view(seq);
    if (!view && seq <= this.head && seq >= this.oldest - 1) this.fetchChunk(seq);
    return view;
  }

  /** @param {number} time */
  seqAt(time) {
    const {seq, exact} = this.history.locate(time);
    if (!exact && seq >= this.oldest) this.fetchChunk(seq);
    return Math.max(seq, Math.min(this.oldest - 1, this.head));
  }

  /** The time at which what is kept of this branch begins. */
  oldestTime() {
    return this.oldest <= 1 ? 0 : this.event(this.oldest)?.time ?? 0;
  }

  /** Loads the chunk that holds `seq`. @param {number} seq @returns {Promise<void>} */
  ensure(seq) {
    return this.history.event(seq) ? Promise.resolve() : this.fetchChunk(seq);
  }

  /** @param {number} seq @returns {Promise<void>} */
  fetchChunk(seq) {
    const {branch} = this;
    const key = branch + ' ' + Math.floor(seq / 64);
    const running = this.pending.get(key);
    if (running) return running;
    const work = this.loadChunk(branch, Math.max(1, seq)).finally(() => this.pending.delete(key));
    this.pending.set(key, work);
    return work;
  }

  /** @param {string} branch @param {number} seq */
  async loadChunk(branch, seq) {
    if (!this.room) return;
    try {
      const chunk = await this.fetchJson(`${this.branchUrl(branch)}/history?seq=${seq}`);
      this.histories.get(branch)?.insert(chunk.base, chunk.events);
    } catch {
      if (branch === this.branch) await this.learnOldest();
      await new Promise(done => setTimeout(done, 1000));
    }
    if (branch === this.branch) this.notify('history');
  }

  /** History may have been trimmed behind our back: ask how far it reaches now. */
  async learnOldest() {
    const room = await this.fetchJson(`${BASE}/api/rooms/${this.room.id}`).catch(() => null);
    const known = room?.branches?.find((/** @type {Branch} */ b) => b.id === this.branch);
    if (known) this.oldest = Math.max(this.oldest, known.oldest);
  }

  /** @param {string} branch */
  branchUrl(branch) {
    return `${BASE}/api/rooms/${encodeURIComponent(this.room.id)}/branches/${encodeURIComponent(branch)}`;
  }

  // -- marks -------------------------------------------------------------------------------------------------

  get markSet() {
    let set = this.markSets.get(this.branch);
    if (!set) this.markSets.set(this.branch, set = new Map());
    return set;
  }

  /** In order of seq. @returns {Mark[]} */
  marks() {
    return [...this.markSet.values()].sort((a, b) => a.seq - b.seq);
  }

  async loadMarks() {
    const {branch} = this;
    try {
      const rows = await this.fetchJson(`${this.branchUrl(branch)}/marks`);
      let set = this.markSets.get(branch);
      if (!set) this.markSets.set(branch, set = new Map());
      for (const [seq, time, mark, node] of rows) set.set(`${seq} ${mark}`, {seq, time, mark, node});
    } catch { return; }
    if (branch === this.branch) this.notify('history');
  }

  /** Live events mark the scrubber by the same rule as the server's list. @param {TraceEvent} e */
  noteMark(e) {
    const landmarks = this.services[e.service]?.landmarks ?? {};
    const marks = e.why.map(([rule]) => landmarks[rule]).filter(Boolean);
    if (MARKED.has(e.kind)) marks.push(e.kind);
    for (const mark of marks) this.markSet.set(`${e.seq} ${mark}`, {seq: e.seq, time: e.time, mark, node: e.node});
  }
}

const MARKED = new Set(['crash', 'restart', 'violation', 'command']);

/** @param {string} url */
async function getJson(url) {
  const response = await fetch(url, {headers: {accept: 'application/json'}});
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}
