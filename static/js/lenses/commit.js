/**
 * How atomic commitment is drawn, 2PC and 3PC alike: the state of the latest transaction in the middle, accounts in small
 * print, padlocks for what is locked, and the log with what is forced in solid cells.
 */

/** @typedef {import('../types.js').Lens} Lens */
/** @typedef {Record<string, any>} State */

/** What fits into a cell. An election is its ballot. @type {Record<string, string>} */
const SHORT = {start: 'st', yes: 'yes', precommit: 'pre', preabort: 'pab', commit: 'com', abort: 'abo', end: 'end'};

/**
 * @param {Lens} base
 * @param {Record<string, string>} tags a letter for each message
 * @param {string[]} asks messages that are answers, drawn hollow
 * @returns {Lens}
 */
export function commitLens(base, tags, asks) {
  const note = `note.${base.service}`;
  return {
    ...base,
    standing: s => (s.role === 'coordinator' ? 'leads' : s.election ? 'looks' : 'follows'),
    majority: () => 0,
    letter: s => (s.role === 'coordinator' ? 'K' : 'P'),
    centre: s => s.states?.[latest(s)] ?? '',
    ring: (_s, timers) => ['vote', 'ack', 'collect', 'decision', 'lock'].find(name => timers[name]) ?? '',
    rings: timer => timer !== 'resend',

    votes: s => (open(s) ? s.transactions[latest(s)][s.states[latest(s)] === 'p' ? 'prepared' : 'yes'] : null),
    ballot: (m, s) => (open(s) && m.fields.txn === latest(s) && (m.fields.yes || (m.type === 'Ack' && s.states[m.fields.txn] === 'p')) ? m.src : ''),

    entries: s => s.log ?? [],
    cell: (r, i, s) => ({index: i + 1, era: 0, name: r.txn, label: SHORT[r.kind] ?? `#${r.ballot}`, committed: i < s.forced, durable: i < s.forced}),

    lines(s, here) {
      const lines = Object.entries(s.accounts ?? {}).map(([account, amount]) => ({label: account, value: String(amount)}));
      return latest(s) ? [...lines, {label: latest(s), value: [stateName(s), ...held(base, s, here)].join(', ')}] : lines;
    },
    signs(s, {i18n}) {
      /** @type {import('../types.js').NodeSign[]} */
      const signs = Object.entries(s.locks ?? {}).map(([account, txn]) => ({sign: 'lock', title: i18n.t(`${note}.locked`, {account, txn})}));
      if (s.blocked) signs.push({sign: 'blocked', title: i18n.t(`${note}.blocked`, {txn: latest(s), count: s.asked})});
      if (s.refusing) signs.push({sign: 'refused', title: i18n.t(`${note}.refusing`)});
      return signs;
    },

    message(m) {
      const look = base.message(m);
      return {...look, tag: tags[m.type] ?? look.tag, reply: look.reply || asks.includes(m.type)};
    },
    messageKey: m => (m.type === 'Vote' ? `Vote.${m.fields.yes ? 'yes' : 'no'}` : base.messageKey(m)),
  };
}

/**
 * For how long it has held its locks: they were taken (or after a crash, taken again) when the timer `alarm` was set. Once
 * that has fired, the moment is not known any more, only that it was longer ago.
 * @param {Lens} base @param {State} s @param {import('../types.js').Here} here @returns {string[]}
 */
function held({service, described}, s, {view, id, time, i18n}) {
  if (!Object.keys(s.locks ?? {}).length) return [];
  const alarm = view.nodes[id]?.services[service]?.timers.alarm;
  if (alarm) return [i18n.t(`note.${service}.held`, {span: i18n.span(Math.max(0, time - alarm[0]))})];
  return [i18n.t(`note.${service}.overdue`, {span: String(described.options?.lockAlarm ?? '').replace(/\d(?=[a-zµ])/g, '$& ')})];
}

/** The transaction that a node is about: in doubt, else the last that it has heard of. @param {State} s @returns {string} */
function latest(s) {
  return s.inDoubt?.[0] ?? Object.keys(s.states ?? {}).at(-1) ?? '';
}

/** Whether the coordinator is counting. @param {State} s */
function open(s) {
  const txn = latest(s);
  return s.role === 'coordinator' && txn in (s.transactions ?? {}) && ['w', 'p'].includes(s.states[txn]);
}

/** Its last log record, as the log has it: `yes`, `precommit`, `commit`. @param {State} s */
function stateName(s) {
  return [...(s.log ?? [])].reverse().find(r => r.txn === latest(s) && r.kind !== 'elected')?.kind ?? 'q';
}
