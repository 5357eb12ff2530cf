/**
 * The lens that every protocol has without writing one: it answers every question from the service's description
 * and from the names of its fields. A protocol's own lens is this one with better answers laid over it; answers
 * call each other through `this`, so one that is replaced is heard everywhere.
 */

import {commandText, eraNumber, shortText} from './values.js';

/** @typedef {import('../types.js').Lens} Lens */
/** @typedef {import('../types.js').Service} Service */

/** @param {string} service @param {Service} described @param {Partial<Service>} [clients] the clients' side @returns {Lens} */
export function baseLens(service, described, clients = {}) {
  const families = {...clients.families, ...described.families};
  const eraField = fieldOf(described, ERA_FIELDS);
  const valueField = fieldOf(described, VALUE_FIELDS);
  const roleField = fieldOf(described, ROLE_FIELDS);
  const commitField = fieldOf(described, COMMIT_FIELDS);
  return {
    service,
    client: described.client ?? 'client',
    described,

    role: s => String(s[roleField] ?? '').toLowerCase(),
    standing(s) { return STANDINGS[this.role(s)] ?? 'follows'; },
    majority: n => Math.floor(n / 2) + 1,
    letter(s) { return this.role(s).slice(0, 1).toUpperCase(); },

    era: s => eraNumber(s[eraField]),
    eraText(s, i18n) { return this.era(s) ? i18n.t(`stage.era.${ERA_WORDS[eraField] ?? 'round'}`, {era: this.eraShort(s)}) : ''; },
    eraShort: s => (eraNumber(s[eraField]) ? shortText(s[eraField]) : ''),
    centre: s => (s[valueField] === null || s[valueField] === undefined || s[valueField] === '' ? '' : shortText(s[valueField])),

    ring(_s, timers) { return (described.timers ?? []).find(name => timers[name] && this.rings(name)) ?? ''; },
    rings: timer => !/heartbeat|ping|tick|retry/i.test(timer),

    votes: () => null,
    ballot: () => '',

    entries: s => (Array.isArray(s.log) ? s.log : null),
    cell: (entry, i, s) => ({index: i + 1, era: eraNumber(entry?.term ?? entry?.epoch ?? entry?.ballot), label: commandText(entry?.command ?? entry?.value ?? entry),
      committed: i < (s[commitField] ?? 0), durable: true}),
    log(s) { return this.entries(s)?.map((entry, i) => this.cell(entry, i, s)) ?? null; },
    lastCells(s, count) {
      const all = this.entries(s) ?? [];
      const before = Math.max(0, all.length - count);
      return {before, cells: all.slice(before).map((entry, i) => this.cell(entry, before + i, s))};
    },
    marks: () => [],
    lines: () => [],
    signs: () => [],

    message(m) {
      const reply = /(Reply|Response|Ack|Acknowledgement|Nack)$/.test(m.type);
      return {tag: families[m.type] === 'client' ? '' : m.type[0], color: families[m.type] ?? 'message', reply, ok: isPositive(m), small: false};
    },
    messageKey: m => (m.type === 'ClientReply' ? `${m.type}.${m.fields.status}` : m.type),
    messageParams: m => ({...m.fields, op: m.fields.command}),
    describeMessage(m, i18n) {
      const key = this.messageKey(m);
      const words = [described.words ?? service, 'client'].find(w => i18n.has(`message.${w}.${key}`));
      if (words) return i18n.t(`message.${words}.${key}`, this.messageParams(m));
      return Object.entries(m.fields).map(([name, value]) => `${name} ${this.say(name, value)}`).join(' · ') || m.type;
    },

    quorum(e) {
      if (e.service !== service) return null;
      const found = e.why.find(([, data]) => Array.isArray(data.quorum) && data.of);
      return found ? {members: found[1].quorum, of: found[1].of, key: `quorum.${described.words ?? service}.${found[0]}`, data: found[1]} : null;
    },

    weight: rule => MARK_WEIGHTS[described.landmarks?.[rule]] ?? CLIENT_WEIGHTS[rule] ?? (DULL.test(rule) ? 0 : 2),
    reference: name => REFERENCES[name] ?? '',
    say: (_name, value) => shortText(value),
    fields: fields => fields,
    wordPattern: anyOf(Object.keys(families)),
    wordColour: word => families[word] ?? '',
  };
}

const ROLE_FIELDS = ['role', 'state', 'mode', 'phase'];
const ERA_FIELDS = ['currentTerm', 'term', 'currentEpoch', 'epoch', 'ballot', 'promised', 'maxBallot', 'round', 'view'];
/** @type {Record<string, string>} */
const ERA_WORDS = {currentTerm: 'term', term: 'term', currentEpoch: 'epoch', epoch: 'epoch', ballot: 'ballot', promised: 'ballot', maxBallot: 'ballot'};
const VALUE_FIELDS = ['chosen', 'decided', 'outcome', 'decision', 'value'];
const COMMIT_FIELDS = ['commitIndex', 'committed', 'lastCommitted', 'applied', 'lastApplied'];

/** @type {Record<string, import('../types.js').Standing>} */
const STANDINGS = {leader: 'leads', leading: 'leads', coordinator: 'leads', primary: 'leads', candidate: 'looks', 'pre-candidate': 'looks',
  looking: 'looks', preparing: 'looks', recovering: 'looks', observer: 'observes', observing: 'observes', learner: 'observes'};

/** @type {Record<string, number>} */
const MARK_WEIGHTS = {election: 5, commit: 4, abort: 4, candidate: 4, answer: 3};
/** @type {Record<string, number>} */
const CLIENT_WEIGHTS = {answered: 3, redirected: 2, redirect: 2, retry: 3, issue: 3, recovered: 3};
const DULL = /heartbeat|ignored|ping|late-/;
/** @type {Record<string, string>} */
const REFERENCES = {term: 'era', epoch: 'era', ballot: 'era', current: 'era', op: 'value', value: 'value', result: 'value'};

/** The first of these fields that the service has. @param {Service} described @param {string[]} names */
function fieldOf(described, names) {
  const all = new Set((described.groups ?? []).flatMap(([, fields]) => fields));
  return names.find(name => all.has(name)) ?? names[0];
}

/** The longest first, so that RequestVoteReply is not read as RequestVote. @param {string[]} words */
function anyOf(words) {
  return words.length ? new RegExp(`(${[...words].sort((a, b) => b.length - a.length).join('|')})`) : /((?!))/;
}

/** @param {import('../types.js').Message} m */
function isPositive(m) {
  const f = m.fields;
  for (const name of ['success', 'granted', 'voteGranted', 'ok', 'accepted', 'yes']) if (typeof f[name] === 'boolean') return f[name];
  if (typeof f.vote === 'string') return f.vote === 'yes' || f.vote === 'commit';
  return !/Nack$/.test(m.type) && (!('status' in f) || f.status === 'ok');
}
