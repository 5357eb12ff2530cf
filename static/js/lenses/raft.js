/**
 * How Raft is drawn. Everything that knows Raft's fields and messages by name is in this file; the stage asks for
 * roles, eras, values, votes, cells and glyphs.
 */

/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Event} TraceEvent */
/** @typedef {Record<string, any>} State */
/** @typedef {{tag: string, color: string, reply: boolean, ok: boolean, small: boolean}} Glyph */

/** @type {Record<string, string>} */
const LETTERS = {leader: 'L', candidate: 'C', 'pre-candidate': 'P', follower: 'F'};

export const raftLens = {
  service: 'raft',

  /** leader, candidate or follower. @param {State} s */
  role(s) {
    return s.role === 'pre-candidate' ? 'candidate' : s.role ?? 'follower';
  },

  /** The exact role, for words. @param {State} s */
  roleName: s => s.role ?? 'follower',

  /** @param {State} s */
  letter: s => LETTERS[s.role] ?? 'F',

  /** @param {State} s */
  era: s => s.currentTerm ?? 0,

  /** What the state machine answered last: the key that the newest applied command touched. @param {State} s */
  centre(s) {
    for (let i = s.lastApplied ?? 0; i > 0; i--) {
      const command = s.log[i - 1]?.command;
      if (command && command.op !== 'get') return `${command.key}=${s.data?.[command.key] ?? '–'}`;
    }
    return '';
  },

  /** The timer that its ring shows. @param {State} s @param {Record<string, [number, number]>} timers */
  timer(s, timers) {
    if (s.role === 'leader') return null;
    return timers.election ?? null;
  },

  timerName: 'election',

  /** Who voted for this node, while it stands. @param {State} s @returns {string[]} */
  votes: s => (s.role === 'candidate' || s.role === 'pre-candidate' ? s.votes ?? [] : []),

  /** A vote on its way: from whom. @param {Message} m @param {State} s */
  ballot: (m, s) => (isVoteReply(m) && m.fields.voteGranted && voteTerm(s) === m.fields.term ? m.src : ''),

  /** @param {State} s */
  log(s) {
    return (s.log ?? []).map((/** @type {any} */ entry, /** @type {number} */ i) => ({
      index: i + 1, era: entry.term, label: commandText(entry.command), committed: i < (s.commitIndex ?? 0), durable: true,
    }));
  },

  /** Only the last cells: what the stage has room for. @param {State} s @param {number} count */
  lastCells(s, count) {
    const log = s.log ?? [];
    const from = Math.max(0, log.length - count);
    return {before: from, cells: raftLens.log({log: log.slice(from), commitIndex: (s.commitIndex ?? 0) - from})
      .map((/** @type {any} */ c) => ({...c, index: c.index + from}))};
  },

  /** @param {Message} m @returns {Glyph} */
  message(m) {
    const reply = m.type.endsWith('Reply');
    return {tag: TAGS[m.type] ?? m.type[0], color: COLOURS[m.type] ?? 'message', reply, ok: isPositive(m),
      small: m.type === 'AppendEntries' && !m.fields.entries?.length};
  },

  /**
   * The quorum that this event completed: an election won, or an entry committed. Null for any other event.
   * @param {TraceEvent} e
   */
  quorum(e) {
    for (const [rule, data] of e.why) {
      if (rule !== 'become-leader' && rule !== 'commit') continue;
      return {members: data.quorum, of: data.of, key: `stage.quorum.${rule}`, data};
    }
    return null;
  },

  /** One line about a message. @param {Message} m @param {(key: string, params?: any) => string} t */
  describeMessage(m, t) {
    const f = m.fields;
    const params = {...f, count: f.entries?.length ?? 0, prev: f.prevLogIndex, op: commandText(f.command)};
    if (m.type === 'AppendEntries' && !params.count) return t('stage.message.heartbeat', params);
    if (m.type === 'RequestVoteReply' || m.type === 'PreVoteReply') {
      return t(f.voteGranted ? 'stage.message.vote.yes' : 'stage.message.vote.no', params);
    }
    if (m.type === 'AppendEntriesReply') return t(f.success ? 'stage.message.append.yes' : 'stage.message.append.no', params);
    if (m.type === 'ClientReply') return t(`stage.message.client.${f.status}`, {...params, result: f.result ?? '–'});
    return t(`stage.message.${m.type}`, params);
  },

  /** How much a rule that fired deserves the caption: 0 never on its own, 5 before all others.
   * @param {string} rule @param {Record<string, any>} [data] */
  weight: (rule, data) => (rule === 'append-stored' && data?.count === 0 ? 0 : WEIGHTS[rule] ?? 1),

  /** What a parameter of a rule's sentence refers to. @param {string} name */
  reference: name => REFERENCES[name] ?? '',

  /** Words of a sentence that name messages, and the colour they wear. */
  wordPattern: /(RequestVote|PreVote|AppendEntries)/,
  /** @param {string} word */
  wordColour: word => COLOURS[word] ?? '',

  /** An entry of a log, as a message carries it. @param {any} e */
  entryText: e => (e && typeof e === 'object' ? `${commandText(e.command)}@${e.term}` : String(e)),

  /** How a parameter reads. @param {string} _name @param {any} value */
  say: (_name, value) => (value && typeof value === 'object' && 'op' in value ? commandText(value) : String(value)),
};

/** @type {Record<string, string>} */
const TAGS = {RequestVote: 'V', RequestVoteReply: 'V', PreVote: 'P', PreVoteReply: 'P', AppendEntries: 'A',
  AppendEntriesReply: 'A', ClientRequest: '', ClientReply: ''};

/** @type {Record<string, string>} */
const COLOURS = {RequestVote: 'vote', RequestVoteReply: 'vote', PreVote: 'prevote', PreVoteReply: 'prevote',
  AppendEntries: 'append', AppendEntriesReply: 'append', ClientRequest: 'client', ClientReply: 'client'};

/** @type {Record<string, number>} */
const WEIGHTS = {'become-leader': 5, commit: 4, 'start-election': 4, 'commit-not-own-term': 4, 'append-truncated': 4,
  'quorum-lost': 4, 'start-pre-vote': 3, answer: 3, 'accept-command': 3, recovered: 3, 'back-up': 3, 'append-denied-log': 3,
  'vote-denied-log': 3, 'vote-granted': 3, 'vote-denied-already-voted': 3, 'vote-denied-term': 2, 'newer-term': 2,
  'vote-ignored-leader-alive': 3, 'vote-counted': 2, 'recognise-leader': 2, 'append-stored': 2, 'commit-learned': 2,
  answered: 3, redirected: 2, redirect: 2, retry: 3, issue: 3, 'append-no-op': 2, 'append-confirmed': 1, apply: 1,
  'election-timeout': 1, heartbeat: 0, 'heartbeat-received': 0, 'reply-ignored': 0, 'quorum-checked': 0,
  'vote-reply-ignored': 1};

/** @type {Record<string, string>} */
const REFERENCES = {term: 'era', current: 'era', op: 'value', result: 'value'};

/** @param {any} c */
function commandText(c) {
  if (!c) return '∅';
  if (c.op === 'put') return `${c.key}=${c.value}`;
  if (c.op === 'add') return `${c.key}+${c.value}`;
  return c.op === 'get' ? `${c.key}?` : `${c.key}×`;
}

/** @param {Message} m */
function isVoteReply(m) {
  return m.type === 'RequestVoteReply' || m.type === 'PreVoteReply';
}

/** The term that a standing node asks about: its own, or the next before it stands. @param {State} s */
function voteTerm(s) {
  return s.role === 'pre-candidate' ? s.currentTerm + 1 : s.currentTerm;
}

/** @param {Message} m */
function isPositive(m) {
  const f = m.fields;
  if ('voteGranted' in f) return f.voteGranted;
  if ('success' in f) return f.success;
  return !('status' in f) || f.status === 'ok';
}
