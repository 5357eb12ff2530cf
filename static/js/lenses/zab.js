/** How ZAB is drawn: votes as they change, phases, zxids as epoch and counter, the colours of a broadcast. */

import {commandText} from './values.js';

/** @typedef {import('../types.js').Message} Message */
/** @typedef {Record<string, any>} State */

const COUNTERS = 2 ** 32;

/** @type {import('../types.js').MakeLens} */
export default base => ({
  ...base,

  standing: s => (s.role === 'leading' ? (s.phase === 'broadcast' ? 'leads' : 'looks') : STANDINGS[s.role] ?? 'looks'),
  letter: s => LETTERS[s.role] ?? '?',

  /** Whom it votes for while it looks; else what the newest transaction that it executed has written. */
  centre(s) {
    if (s.role === 'looking') return s.vote ? `→${s.vote.leader}` : '?';
    const done = (s.log ?? []).filter((/** @type {any} */ txn) => txn.zxid <= s.lastProcessed);
    const key = done.at(-1)?.command?.key ?? Object.keys(s.data ?? {}).at(-1);
    return key === undefined ? '' : `${key}=${s.data?.[key] ?? '–'}`;
  },

  ring: (_s, timers) => ['finalize', 'silence', 'notification'].find(name => timers[name]) ?? '',
  rings: timer => timer === 'finalize' || timer === 'silence' || timer === 'notification',

  votes(s) {
    if (s.role === 'looking') return Object.keys(s.votes ?? {}).filter(name => s.votes[name].leader === s.vote?.leader);
    if (s.role !== 'leading' || s.phase === 'broadcast') return null;
    return s.phase === 'discovery' ? s.epochAcks ?? [] : s.leaderAcks ?? [];
  },
  ballot(m, s) {
    if (s.role === 'looking') return m.type === 'Notification' && m.fields.round === s.round && m.fields.leader === s.vote?.leader ? m.src : '';
    if (s.role !== 'leading' || s.phase === 'broadcast') return '';
    return m.type === (s.phase === 'discovery' ? 'AckEpoch' : 'Ack') ? m.src : '';
  },

  cell: (txn, i, s) => ({index: i + 1, era: Math.floor(txn.zxid / COUNTERS), name: split(txn.zxid), label: commandText(txn.command),
    committed: txn.zxid <= s.committed, durable: true}),
  marks(s, peer) {
    const at = (s.log ?? []).findLastIndex((/** @type {any} */ txn) => txn.zxid <= (s.acked?.[peer] ?? 0));
    return at < 0 ? [] : [{key: 'match', index: at + 1}];
  },

  lines(s, {i18n}) {
    const zxid = {label: 'zxid', value: split(s.lastProcessed ?? 0), era: Math.floor((s.lastProcessed ?? 0) / COUNTERS)};
    if (s.role === 'looking') {
      const vote = s.vote ? [{label: i18n.t('note.zab.vote'), value: s.vote.leader}] : [];
      return [{label: i18n.t('note.zab.round'), value: String(s.round)}, ...vote, zxid];
    }
    if (s.phase === 'broadcast') return [zxid];
    return [{label: i18n.t(`note.zab.phase.${s.phase}`), value: s.syncMode ?? ''}, zxid];
  },

  message(m) {
    const color = m.type === 'ClientRequest' ? 'ink' : base.message(m).color;
    const tag = m.type in TAGS ? TAGS[m.type] : base.message(m).tag;
    const reply = m.type === 'ClientReply';
    return {...base.message(m), tag, color, reply, small: m.type === 'Ping'};
  },
  messageKey(m) {
    if (m.type === 'Notification') return m.fields.leader ? `Notification.${m.fields.state === 'looking' ? 'looking' : 'settled'}` : 'Notification.asks';
    if (m.type === 'Ack') return m.fields.zxid % COUNTERS ? 'Ack' : 'Ack.leader';
    return base.messageKey(m);
  },
  messageParams: m => ({...base.messageParams(m), op: m.fields.command ?? m.fields.txn?.command, zxid: split(zxidOf(m)),
    lastZxid: split(m.fields.lastZxid ?? 0)}),

  say: (name, value) => base.say(name, readable(value)),
  fields: readable,

  weight: rule => WEIGHTS[rule] ?? base.weight(rule),
});

/** @type {Record<string, import('../types.js').Standing>} */
const STANDINGS = {following: 'follows', observing: 'observes', looking: 'looks'};
/** @type {Record<string, string>} */
const LETTERS = {leading: 'L', following: 'F', observing: 'O', looking: '?'};
/** @type {Record<string, string>} */
const TAGS = {ClientRequest: 'Q', Request: 'R', Proposal: 'P', Ack: 'A', Commit: 'C', Inform: 'I', Sync: 'Y', Ping: '', Notification: 'V',
  FollowerInfo: 'F', ObserverInfo: 'O', LeaderInfo: 'L', AckEpoch: 'E', Diff: 'D', Trunc: 'T', Snap: 'S', NewLeader: 'N', UpToDate: 'U'};
/** @type {Record<string, number>} */
const WEIGHTS = {truncate: 4, 'quorum-lost': 4, 'leader-silent': 4, 'send-trunc': 4, 'send-snap': 3, 'join-established': 4, 'election-over': 3, 'new-epoch': 3,
  'epoch-quorum': 3, 'better-vote': 3, 'quorum-of-votes': 3, propose: 3, 'read-locally': 3, 'follower-ahead': 4, 'epoch-refused': 4,
  'packet-dropped': 0, 'packet-early': 0, 'vote-heard': 1, 'answer-looking': 1, 'connected-already': 0, 'not-leading': 0, apply: 1,
  acknowledged: 1, 'settled-heard': 1, 'older-round': 1};

/** A zxid as people say it: epoch.counter. @param {number} zxid */
const split = zxid => `${Math.floor(zxid / COUNTERS)}.${zxid % COUNTERS}`;

/** The same with zxids as people say them. In a ZAB state or packet only they are so large. @param {any} value @returns {any} */
function readable(value) {
  if (typeof value === 'number') return value >= COUNTERS ? split(value) : value;
  if (Array.isArray(value)) return value.map(readable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}

/** @param {Message} m */
const zxidOf = m => m.fields.zxid ?? m.fields.txn?.zxid ?? m.fields.snapshot?.zxid ?? 0;
