/** How Raft is drawn: all that the pages know of Raft's fields, messages and rules by name. */

import {commandText} from './values.js';

/** @typedef {import('../types.js').Message} Message */
/** @typedef {Record<string, any>} State */

/** @type {import('../types.js').MakeLens} */
export default base => ({
  ...base,

  /** What the state machine answered last: the key that the newest applied command touched. */
  centre(s) {
    for (let i = s.lastApplied ?? 0; i > compacted(s); i--) {
      const command = s.log[i - 1 - compacted(s)]?.command;
      if (command?.key && command.op !== 'get') return `${command.key}=${s.data?.[command.key] ?? '–'}`;
    }
    const [key] = compacted(s) ? Object.keys(s.data ?? {}).slice(-1) : [];
    return key ? `${key}=${s.data[key]}` : '';
  },

  ring: (s, timers) => (s.role !== 'leader' && timers.election ? 'election' : ''),
  rings: timer => timer === 'election',

  votes: s => (stands(s) ? s.votes ?? [] : null),
  ballot: (m, s) => (isVoteReply(m) && m.fields.voteGranted && voteTerm(s) === m.fields.term ? m.src : ''),

  cell(entry, i, s) {
    const index = compacted(s) + i + 1;
    return {index, era: entry.term, label: commandText(entry.command), committed: index <= (s.commitIndex ?? 0), durable: true};
  },
  lastCells(s, count) {
    const {before, cells} = base.lastCells.call(this, s, count);
    return {before: before + compacted(s), cells};
  },
  marks: (s, peer) => [['match', s.matchIndex?.[peer]], ['next', s.nextIndex?.[peer]]].flatMap(([key, index]) => (index === undefined ? [] : [{key, index}])),

  message: m => ({...base.message(m), small: isHeartbeat(m)}),
  messageKey(m) {
    if (isHeartbeat(m)) return `${m.type}.heartbeat`;
    if (isVoteReply(m)) return `Vote.${m.fields.voteGranted ? 'yes' : 'no'}`;
    return m.type === 'AppendEntriesReply' ? `${m.type}.${m.fields.success ? 'yes' : 'no'}` : base.messageKey(m);
  },
  messageParams: m => ({...base.messageParams(m), count: m.fields.entries?.length ?? 0, index: m.fields.snapshot?.lastIncludedIndex}),

  /** The snapshot is listed once there is one. */
  fields: fields => (fields.snapshot && !compacted(fields) ? without(fields, 'snapshot') : fields),

  weight: (rule, data) => (rule === 'append-stored' && data?.count === 0 ? 0 : WEIGHTS[rule] ?? base.weight(rule, data)),
});

/** @type {Record<string, number>} */
const WEIGHTS = {'commit-not-own-term': 4, 'append-truncated': 4, 'quorum-lost': 4, 'start-pre-vote': 3, 'accept-command': 3, 'back-up': 3,
  'append-denied-log': 3, 'vote-denied-log': 3, 'vote-granted': 3, 'vote-denied-already-voted': 3, 'vote-ignored-leader-alive': 3,
  'take-snapshot': 3, 'install-snapshot': 4, 'send-snapshot': 3, 'append-configuration': 4, 'use-configuration': 3, 'leave-joint': 4,
  'removed-steps-down': 4, 'catch-up': 3, 'caught-up': 3, 'catch-up-failed': 4, 'transfer-begins': 4, 'send-timeout-now': 3, 'timeout-now': 4,
  'transfer-aborted': 4, 'request-refused': 3, 'read-index': 3, 'read-confirmed': 4, 'read-leased': 4, 'read-waits': 3, 'lease-renewed': 0,
  'append-confirmed': 1, apply: 1, 'election-timeout': 1, 'vote-reply-ignored': 1, 'quorum-checked': 0};

/** The last index that the snapshot stands for: the log begins behind it. @param {State} s */
const compacted = s => s.snapshot?.lastIncludedIndex ?? 0;

/** @param {State} s @param {string} name */
const without = (s, name) => Object.fromEntries(Object.entries(s).filter(([field]) => field !== name));

/** @param {State} s */
const stands = s => s.role === 'candidate' || s.role === 'pre-candidate';

/** @param {Message} m */
const isHeartbeat = m => m.type === 'AppendEntries' && !m.fields.entries?.length;

/** @param {Message} m */
const isVoteReply = m => m.type === 'RequestVoteReply' || m.type === 'PreVoteReply';

/** The term that a standing node asks about: its own, or the next before it stands. @param {State} s */
const voteTerm = s => (s.role === 'pre-candidate' ? s.currentTerm + 1 : s.currentTerm);
