/** How Multi-Paxos is drawn: its slots as the log, chosen ones first, then what was accepted beyond them, and holes. */

import {commandText, eraNumber, shortText} from './values.js';

/** @typedef {Record<string, any>} State */
/** @typedef {{slot: number, value: any, round: number, chosen: boolean, hole: boolean}} Slot */

/** @type {import('../types.js').MakeLens} */
export default base => ({
  ...base,

  era: s => eraNumber(number(s)),
  eraShort: s => (number(s).round ? shortText(number(s)) : ''),
  eraText(s, i18n) { return this.eraShort(s) ? i18n.t(`note.paxos.${tries(s) ? 'ballot' : 'promised'}`, {ballot: this.eraShort(s)}) : ''; },

  /** The key that the newest executed command touched. */
  centre(s) {
    for (let i = s.executed ?? 0; i > 0; i--) {
      const command = s.log[i - 1];
      if (command && command.op !== 'get') return `${command.key}=${s.data?.[command.key] ?? '–'}`;
    }
    return '';
  },

  ring: (s, timers) => (s.role !== 'leader' && timers.election ? 'election' : ''),
  rings: timer => timer === 'election',

  votes: s => (s.role === 'candidate' ? Object.keys(s.promises ?? {}) : null),
  ballot: (m, s) => (m.type === 'Promise' && s.role === 'candidate' && shortText(m.fields.ballot) === shortText(s.ballot) ? m.src : ''),

  entries: s => slots(s),
  cell: entry => ({index: entry.slot, era: entry.round, label: entry.hole ? '' : commandText(entry.value), committed: entry.chosen, durable: true}),
  lines(s, {i18n}) {
    const known = Object.keys(s.chosen ?? {});
    return known.length ? [{label: i18n.t('note.multi-paxos.waits'), value: `${(s.log?.length ?? 0) + 1}`}] : [];
  },

  message: m => ({...base.message(m), ...LOOKS[m.type]}),
  messageParams: m => ({...base.messageParams(m), op: m.fields.command ?? m.fields.value ?? '∅', count: m.fields.values?.length ?? Object.keys(m.fields.accepted ?? {}).length}),

  weight: (rule, data) => WEIGHTS[rule] ?? base.weight(rule, data),
  reference: name => (['highest', 'higher', 'promised'].includes(name) ? 'era' : base.reference(name)),
  say: (name, value) => (value?.round === 0 ? '0' : base.say(name, value)),
});

/** @type {Record<string, Record<string, any>>} */
const LOOKS = {Promise: {reply: true, ok: true}, Accepted: {reply: true, ok: true}, Nack: {reply: true, ok: false}, Heartbeat: {small: true},
  Fetch: {tag: '?'}};
/** @type {Record<string, number>} */
const WEIGHTS = {'fill-hole': 5, adopt: 5, hole: 4, 'step-down': 3, 'assign-slot': 3, promise: 3, behind: 3, supply: 2, learned: 2, execute: 1,
  'promise-counted': 1, 'acceptance-counted': 1, 'promise-late': 0, 'acceptance-late': 0, 'election-timeout': 1, 'learn-ignored': 1};

/** @param {State} s */
const tries = s => s.role === 'leader' || s.role === 'candidate';

/** The number it goes by: its own ballot while it leads or tries to, else its promise. @param {State} s */
const number = s => (tries(s) ? s.ballot : s.promised) ?? {round: 0};

/** All slots up to the last that it knows anything of. @param {State} s @returns {Slot[]} */
function slots(s) {
  const log = s.log ?? [], accepted = s.accepted ?? {}, chosen = s.chosen ?? {};
  const last = Math.max(log.length, ...Object.keys(accepted).map(Number), ...Object.keys(chosen).map(Number));
  return Array.from({length: last}, (_, i) => {
    const slot = i + 1, mine = accepted[slot], round = mine?.ballot.round ?? 0;
    if (i < log.length) return {slot, value: log[i], round, chosen: true, hole: false};
    if (slot in chosen) return {slot, value: chosen[slot], round, chosen: false, hole: false};
    return {slot, value: mine?.value, round, chosen: false, hole: !mine};
  });
}
