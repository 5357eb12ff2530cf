/**
 * How the quorum store is drawn: an apple for each version that a node has of the key looked at. Green is the newest
 * that anybody was told of, or newer; red, with a bite, an older one; a hollow one is none at all.
 */

/** @typedef {{node: string, counter: number, at: number}} Stamp */
/** @typedef {{value: string, stamp: Stamp, past: [string, number][], client: string, serial: number}} Version */

/** @type {import('../types.js').MakeLens} */
export default base => {
  const options = base.described.options ?? {};
  const includes = options.versions === 'last-write-wins' ? includesLatest : includesCovered;

  /** Whether these versions have all that was wanted, or what replaced it. @param {Version[]} have @param {Version[]} wanted */
  const isFresh = (have, wanted) => wanted.every(v => includes(have, v.stamp));

  /** Every client's side at that moment. @param {any} view @returns {any[]} */
  const clients = view => Object.values(view.nodes).filter((/** @type {any} */ n) => n.client)
    .map((/** @type {any} */ n) => n.services[base.client]?.state ?? {});

  /** The key that was asked for last. @param {any} view */
  const lookedAt = view => clients(view).flatMap(s => (s.pending ? [{key: s.pending.command.key, at: s.pending.at}] : s.answers?.length ? [{key: s.answers.at(-1).key, at: s.answers.at(-1).asked}] : []))
    .reduce((best, one) => (one.at >= best.at ? one : best), {key: 'x', at: -1}).key;

  /** What somebody has been told of the key, the newest of it. @param {any} view @param {string} key @returns {Version[]} */
  const told = (view, key) => {
    const all = clients(view).flatMap(s => s.seen?.[key] ?? []);
    return all.filter(v => !all.some(w => (options.versions === 'last-write-wins' ? later(w.stamp, v.stamp) : covers(w.past, v.stamp))));
  };

  /** The latest answered write and read of the key. @param {any} view @param {string} key @param {string} op */
  const latest = (view, key, op) => clients(view).flatMap(s => (s.answers ?? []).filter((/** @type {any} */ a) => a.key === key && a.op === op && a.outcome === 'ok'))
    .reduce((best, a) => (!best || a.answered >= best.answered ? a : best), null);

  /** Whether an answer misses a write that was over before it was asked for. @param {any} view @param {any} a */
  const isStale = (view, a) => a.op === 'get' && a.outcome === 'ok' && clients(view).some(s => (s.answers ?? []).some((/** @type {any} */ w) =>
    w.op === 'put' && w.key === a.key && w.outcome === 'ok' && w.answered <= a.asked && !isFresh(a.versions, w.versions.filter((/** @type {Version} */ v) => v.serial === w.serial))));

  /** @param {string} name @param {any} view @param {string} key */
  const holds = (name, view, key) => preference(key, Object.keys(view.nodes).filter(n => !view.nodes[n].client)).slice(0, options.n).includes(name);

  return {
    ...base,
    standing: s => (Object.keys(s.working ?? {}).length ? 'leads' : 'follows'),
    role: s => (Object.keys(s.working ?? {}).length ? 'coordinator' : ''),
    letter: s => (Object.keys(s.working ?? {}).length ? 'C' : ''),
    majority: () => 0,
    facts: (count, seed, i18n) => i18n.t('note.quorum.facts', {count, n: options.n, w: options.w, r: options.r, seed}),
    rings: timer => timer === 'timeout',
    ring: (_s, timers) => (timers.timeout ? 'timeout' : ''),

    /** What it has of the key looked at; a node that does not hold the key shows only what it keeps for others. */
    apples(s, {view, id, i18n}) {
      const looked = lookedAt(view), own = Object.keys(s.store ?? {});
      const key = options.n === 1 && own.length === 1 ? own[0] : looked; // no copies to compare: what each one has
      const versions = s.store?.[key] ?? [];
      const parcels = (s.hints ?? []).filter((/** @type {any} */ h) => h.key === key).map((/** @type {any} */ h) => h.home);
      if (!holds(id, view, key) && !parcels.length) return {key, apples: [], parcels: [], marks: '', title: ''};
      const kind = !versions.length ? 'none' : isFresh(versions, told(view, key)) ? 'fresh' : 'stale';
      const [write, read] = [latest(view, key, 'put'), latest(view, key, 'get')];
      const marks = (write?.quorum.includes(id) ? 'W' : '') + (read?.quorum.includes(id) && read.answered >= (write?.answered ?? 0) ? 'R' : '');
      const values = versions.map((/** @type {Version} */ v) => v.value);
      const words = [i18n.t(`note.quorum.${kind}`, {key, value: values.join(' | ') || '–'}), ...parcels.map((/** @type {string} */ home) => i18n.t('note.quorum.parcel', {home})),
        ...(marks ? [i18n.t(`note.quorum.${marks}`)] : [])];
      return {key, apples: (values.length ? values : ['']).map((/** @type {string} */ label) => ({kind, label})), parcels, marks, title: words.join(', ')};
    },
    lines: (s, {i18n}) => (s.hints ?? []).slice(0, 2).map((/** @type {any} */ h) => ({label: i18n.t('note.quorum.for'), value: `${h.home} ${h.key}`})),

    /** What it was told last, as an apple in its hand. */
    told(s, {view, i18n}) {
      const last = s.pending ? null : s.answers?.at(-1);
      if (!last) return null;
      if (last.outcome !== 'ok') return {kind: '', label: '', note: i18n.t(`note.quorum.${last.outcome}`, {op: base.say('op', last)})};
      if (last.op === 'put') return null;
      const stale = isStale(view, last);
      return {kind: stale ? 'stale' : last.result === null ? 'none' : 'fresh', label: last.result ?? '', note: i18n.t(stale ? 'note.quorum.got.stale' : 'note.quorum.got', {key: last.key, value: last.result ?? i18n.t('note.quorum.nothing')})};
    },

    message(m) {
      const tag = m.type === 'StoreRequest' && m.fields.purpose === 'repair' ? '+' : TAGS[m.type] ?? '';
      const reply = ['QuorumReply', 'Stored', 'Fetched', 'HandoffAck'].includes(m.type);
      return {...base.message(m), tag, reply, ok: m.fields.status !== 'failed', small: m.type === 'Digest'};
    },
    messageKey(m) {
      if (m.type === 'QuorumReply') return `QuorumReply.${m.fields.status}`;
      if (m.type !== 'StoreRequest') return m.type;
      const purpose = m.fields.hint ? 'hint' : m.fields.purpose ?? 'write';
      return purpose === 'write' ? 'StoreRequest' : `StoreRequest.${purpose}`;
    },
    messageParams(m) {
      const f = m.fields;
      const versions = Array.isArray(f.versions) ? f.versions : [];
      return {...base.messageParams(m), home: f.hint, have: (f.quorum ?? []).length, need: f.need ?? 0, value: versions.map((/** @type {Version} */ v) => v.value).join(' | ') || '∅'};
    },
    fields(fields) {
      const out = {...base.fields(fields)};
      for (const name of ['store', 'seen', 'answers', 'keys']) if (out[name] && !Array.isArray(out[name])) out[name] = each(out[name], spell);
      if (Array.isArray(out.versions)) out.versions = spell(out.versions);
      if (out.working) out.working = each(out.working, spellWork);
      if (out.done) out.done = spellWork(out.done);
      if (Array.isArray(out.hints)) out.hints = out.hints.map((/** @type {any} */ h) => `${h.home} ${h.key}`);
      if (Array.isArray(out.answers)) out.answers = out.answers.map((/** @type {any} */ a) => `${base.say('op', {...a, value: a.value})} ${a.outcome === 'ok' ? `→ ${a.result ?? '∅'}` : a.outcome}`);
      return out;
    },
    say: (name, value) => (name === 'result' && value === null ? '∅' : base.say(name, value)),
    weight: (rule, data) => WEIGHTS[rule] ?? base.weight(rule, data),
  };
};

/** @type {Record<string, string>} */
const TAGS = {StoreRequest: 'S', Stored: '✓', FetchRequest: '?', Fetched: '!', Handoff: 'H', HandoffAck: '✓', Digest: 'D', Difference: 'Δ', QuorumRequest: '', QuorumReply: ''};
/** @type {Record<string, number>} */
const WEIGHTS = {'write-acknowledged': 1, 'read-answered': 1, 'one-more-copy': 0, 'one-more-answer': 0, 'late-answer': 0, 'late-acknowledgement': 0, tells: 1, siblings: 4, 'last-write-wins': 4,
  'read-quorum': 3, 'written-back': 3, 'writes-back': 3, 'read-repair': 3, repaired: 3, 'stands-in': 4, 'keeps-hint': 3, 'comes-home': 4, 'hint-delivered': 3, compares: 0, agrees: 0};

/** @param {any} table @param {(value: any) => string} how */
const each = (table, how) => Object.fromEntries(Object.entries(table).map(([name, value]) => [name, how(value)]));

/** Values with their vector clocks: `5 [n1:2 n2:1]`. @param {any} versions */
const spell = versions => (Array.isArray(versions) && versions.every(v => v?.stamp) ? versions.map(v => `${v.value} [${clockOf(v)}]`).join(' | ') || '∅' : stamps(versions));

/** Stamps, in a digest. @param {any} value */
const stamps = value => (Array.isArray(value) ? value.map(s => (s?.node === undefined ? String(s) : `${s.node}:${s.counter}`)).join(' ') : String(value));

/** @param {Version} v */
function clockOf(v) {
  const clock = new Map(v.past);
  if (v.stamp.node) clock.set(v.stamp.node, Math.max(v.stamp.counter, clock.get(v.stamp.node) ?? 0));
  return [...clock].filter(([node]) => node).sort().map(([node, counter]) => `${node}:${counter}`).join(' ');
}

/** What a coordinator waits for. @param {any} w */
function spellWork(w) {
  const have = w.phase === 'read' ? Object.keys(w.answers ?? {}) : w.quorum ?? [];
  const op = w.command.op === 'put' ? `${w.command.key}=${w.command.value}` : `${w.command.key}?`;
  return `${op} ${w.phase}: ${have.join(' ') || '–'} (${have.length}/${w.need})`;
}

/** The order of last-write-wins. @param {Stamp} a @param {Stamp} b */
const later = (a, b) => a.at > b.at || (a.at === b.at && (a.node > b.node || (a.node === b.node && a.counter > b.counter)));

/** @param {[string, number][]} clock @param {Stamp} stamp */
const covers = (clock, stamp) => clock.some(([node, counter]) => node === stamp.node && counter >= stamp.counter);

/** @param {Version[]} have @param {Stamp} stamp */
const includesLatest = (have, stamp) => have.some(v => !later(stamp, v.stamp));

/** @param {Version[]} have @param {Stamp} stamp */
const includesCovered = (have, stamp) => have.some(v => (v.stamp.node === stamp.node && v.stamp.counter >= stamp.counter) || covers(v.past, stamp));

/** protocols/quorum/ring.py says the same. @param {string} key @param {string[]} members */
export function preference(key, members) {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  const home = hash % members.length;
  return [...members.slice(home), ...members.slice(0, home)];
}
