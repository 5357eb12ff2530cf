/** How single-decree Paxos is drawn: an acceptor by its promise and what it accepted, a proposer by its ballot, anybody by what it learned. */

import {eraNumber, shortText} from './values.js';

/** @typedef {import('../types.js').Message} Message */
/** @typedef {Record<string, any>} State */

/** @type {import('../types.js').MakeLens} */
export default base => ({
  ...base,

  /** What it is busy with as a proposer; else the role that has most to say. */
  role(s) {
    if (s.phase && s.phase !== 'idle') return s.phase;
    return ['acceptor', 'proposer', 'learner'].find(role => s.roles?.includes(role)) ?? '';
  },
  standing: s => STANDINGS[s.phase] ?? (s.roles?.length === 1 && s.roles[0] === 'learner' ? 'observes' : 'follows'),
  letter(s) { return LETTERS[this.role(s)] ?? ''; },

  era: s => eraNumber(number(s)),
  eraShort: s => (number(s).round ? shortText(number(s)) : ''),
  eraText(s, i18n) { return this.eraShort(s) ? i18n.t(`note.paxos.${proposes(s) ? 'ballot' : 'promised'}`, {ballot: this.eraShort(s)}) : ''; },
  centre: s => s.learned ?? '',

  ring: (s, timers) => (s.phase !== 'idle' && timers.retry ? 'retry' : ''),
  rings: timer => timer === 'retry',

  votes: s => (s.phase === 'prepare' ? Object.keys(s.promises ?? {}) : s.phase === 'accept' ? voters(s) : null),
  ballot: (m, s) => (WAITS_FOR[s.phase] === m.type && same(m.fields.ballot, s.ballot) ? m.src : ''),

  lines(s, {i18n}) {
    const lines = [];
    if (s.accepted) lines.push({label: i18n.t('note.paxos.accepted'), value: `${shortText(s.accepted.ballot)} ${s.accepted.value}`, era: s.accepted.ballot.round});
    if (proposes(s) && s.promised?.round && !same(s.promised, s.ballot)) lines.push({label: i18n.t('note.paxos.has-promised'), value: shortText(s.promised), era: s.promised.round});
    if (proposes(s) && s.value !== null) lines.push({label: i18n.t('note.paxos.proposes'), value: s.value});
    return lines;
  },

  message: m => ({...base.message(m), ...LOOKS[m.type]}),
  messageKey: m => (m.type === 'Promise' ? `Promise.${m.fields.accepted ? 'reports' : 'nothing'}` : base.messageKey(m)),
  messageParams: m => ({...base.messageParams(m), highest: m.fields.accepted?.ballot, value: m.fields.value ?? m.fields.accepted?.value}),

  weight: (rule, data) => WEIGHTS[rule] ?? base.weight(rule, data),
  reference: name => (['highest', 'higher', 'promised'].includes(name) ? 'era' : base.reference(name)),
  say: (name, value) => (value?.round === 0 ? '0' : base.say(name, value)),
});

/** @type {Record<string, import('../types.js').Standing>} */
const STANDINGS = {prepare: 'looks', 'backing-off': 'looks', accept: 'leads'};
/** @type {Record<string, string>} */
const LETTERS = {prepare: 'P', accept: 'P', 'backing-off': 'P', proposer: 'P', acceptor: 'A', learner: 'L'};
/** @type {Record<string, string>} */
const WAITS_FOR = {prepare: 'Promise', accept: 'Accepted'};
/** @type {Record<string, Record<string, any>>} */
const LOOKS = {Promise: {reply: true, ok: true}, Accepted: {reply: true, ok: true}, Nack: {reply: true, ok: false}, Inquire: {tag: '?'}};
/** @type {Record<string, number>} */
const WEIGHTS = {adopt: 5, free: 4, abandon: 4, 'nothing-to-propose': 3, nack: 2, accept: 3, promise: 3, 'accept-refused': 3, 'prepare-refused': 3,
  learned: 3, retry: 2, wanted: 3, 'promise-counted': 1, 'acceptance-counted': 1, 'promise-late': 0, 'acceptance-late': 0, inquire: 1};

/** @param {State} s */
const proposes = s => s.phase === 'prepare' || s.phase === 'accept';

/** The number it goes by: its own ballot while it proposes, else its promise. @param {State} s */
const number = s => (proposes(s) ? s.ballot : s.promised) ?? {round: 0};

/** @param {any} a @param {any} b */
const same = (a, b) => a?.round === b?.round && a?.node === b?.node;

/** Who is known to have accepted in its ballot. @param {State} s @returns {string[]} */
const voters = s => (s.acceptances ?? []).filter((/** @type {any} */ a) => same(a.ballot, s.ballot)).map((/** @type {any} */ a) => a.acceptor);
