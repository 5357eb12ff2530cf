/** From a view to what the figures show: the one place where the stage asks the lens about state. */

import {roleWord} from '../core/words.js';

/** @typedef {import('../types.js').View} View */
/** @typedef {import('./stage-layout.js').Layout} Layout */

/**
 * @param {any} ctx @param {View} view @param {string} id @param {number} time @param {Layout} box
 * @param {{event: any, age: number}[]} recent
 */
export function nodeModel(ctx, view, id, time, box, recent) {
  const {lens, i18n} = ctx;
  const node = view.nodes[id];
  const service = node.services[lens.service] ?? {state: {}, timers: {}, busyUntil: 0};
  const {state} = service;
  const here = {view, id, time, i18n};
  const down = node.status === 'crashed';
  const standing = down ? 'follows' : lens.standing(state);
  const {before, cells} = lens.lastCells(state, box.nodes[id].label.cells);
  const mine = recent.filter(r => r.event.node === id && r.event.service === lens.service);
  /** @type {import('../types.js').NodeSign[]} */
  const signs = down ? [] : lens.signs(state, here);
  const counted = down ? null : lens.votes(state);
  const lines = down ? [] : lens.lines(state, here);
  const basket = down ? null : lens.apples?.(state, here) ?? null;
  const words = [roleText(ctx, node, state), ...signs.filter(s => s.since !== undefined).map(s => `${s.title} ${i18n.span(Math.max(0, time - (s.since ?? 0)))}`)];
  return {
    status: node.status, standing, cells, before, signs, down,
    era: lens.era(state), eraText: lens.eraText(state, i18n), eraShort: lens.eraShort(state),
    lines, basket,
    letter: lens.letter(state),
    value: basket || down || node.status === 'paused' || standing === 'looks' ? '' : lens.centre(state) || lens.letter(state),
    timer: down ? -1 : timerPart(service.timers[lens.ring(state, service.timers)] ?? null, time),
    busy: service.busyUntil > time,
    votes: counted ? votes(ctx, view, id, state, counted, box) : [],
    rising: youngest(mine, 'restart') ?? 1,
    flash: youngest(mine, 'timeout', e => lens.rings(e.body[0])) ?? 0,
    saved: 1 - Math.min(youngest(mine, 'save') ?? 1, youngest(mine, 'saved') ?? 1),
    chosen: ctx.selection.get().node === id,
    roleText: box.narrow && Object.keys(box.nodes).length > 5 ? '' : words.filter(Boolean).join(' · '),
    aria: aria(ctx, id, basket?.title ? [...words, basket.title] : words, state, lines, signs),
  };
}

/** Everything about a node that the picture shows, in words. @param {any} ctx @param {string} id @param {string[]} words
 *  @param {any} state @param {import('../types.js').NodeLine[]} lines @param {import('../types.js').NodeSign[]} signs */
function aria({lens, i18n}, id, words, state, lines, signs) {
  return [id, ...words, lens.eraText(state, i18n), logText(lens, i18n, state), ...lines.map(l => `${l.label} ${l.value}`),
    ...signs.filter(s => s.since === undefined).map(s => s.title)].filter(Boolean).join(', ');
}

/** The age of the latest effect of a kind, 0 to 1. @param {{event: any, age: number}[]} recent @param {string} kind
 *  @param {(e: any) => boolean} [which] @returns {number|undefined} */
function youngest(recent, kind, which = () => true) {
  const found = recent.filter(r => r.event.kind === kind && which(r.event));
  return found.length ? found[found.length - 1].age : undefined;
}

/** How long its log is, and how much of it is committed. @param {any} lens @param {any} i18n @param {any} state */
function logText(lens, i18n, state) {
  const entries = lens.entries(state);
  if (!entries) return '';
  let [commit, above] = [0, entries.length];
  while (commit < above) {
    const middle = (commit + above) >> 1;
    if (lens.cell(entries[middle], middle, state).committed) commit = middle + 1;
    else above = middle;
  }
  return i18n.t('stage.node.log', {entries: entries.length, commit});
}

/** @param {any} ctx @param {any} node @param {any} state */
function roleText(ctx, node, state) {
  const {i18n, lens} = ctx;
  const role = node.status === 'up' ? roleWord(ctx, lens, state) : i18n.t(`stage.status.${node.status}`);
  const more = [node.clock === 1 ? '' : i18n.t('stage.clock', {rate: node.clock}), node.trap ? i18n.t('stage.trap') : ''];
  return [role, ...more].filter(Boolean).join(' · ');
}

/** @param {[number, number]|null} timer @param {number} time */
function timerPart(timer, time) {
  if (!timer) return -1;
  const [setAt, due] = timer;
  return due > setAt ? (time - setAt) / (due - setAt) : 1;
}

/** @param {any} ctx @param {View} view @param {string} id @param {any} state @param {string[]} counted @param {Layout} box */
function votes(ctx, view, id, state, counted, box) {
  const {lens} = ctx;
  const held = new Set(counted);
  const flying = new Set(flyingMessages(ctx, view).filter(m => m.dst === id).map(m => lens.ballot(m, state)));
  return Object.entries(box.nodes).map(([name, place]) => ({
    angle: place.angle, state: held.has(name) ? 'held' : flying.has(name) ? 'flying' : 'missing'}));
}

/** The messages that this stage shows: those of its service. @param {any} ctx @param {View} view */
export function flyingMessages({lens, lenses}, view) {
  const all = Object.values(view.messages);
  return !lenses || lenses.names.length < 2 ? all : all.filter(m => m.service === lens.service || m.service === lens.client);
}

/** @param {any} ctx @param {View} view @param {string} id @param {number} time */
export function clientModel(ctx, view, id, time) {
  const {lens, i18n} = ctx;
  const node = view.nodes[id];
  const {state = {}, timers = {}} = node.services[lens.client] ?? {};
  const told = node.status === 'up' ? lens.told?.(state, {view, id, time, i18n}) ?? null : null;
  const note = told?.note ?? (node.status === 'up' ? clientNote(lens, i18n, state) : i18n.t(`stage.status.${node.status}`));
  return {status: node.status, waiting: state.pending ? timerPart(timers.retry ?? timers.timeout ?? null, time) : -1, note, told,
    chosen: ctx.selection.get().node === id,
    aria: i18n.t('stage.client.aria', {client: id, note: note || i18n.t('stage.client.idle')})};
}

/** What it asks, or what it was answered last. @param {any} lens @param {any} i18n @param {any} state */
function clientNote(lens, i18n, state) {
  if (state.pending) return i18n.t('stage.client.asks', {op: lens.say('op', state.pending)});
  const last = state.answers?.[state.answers.length - 1];
  return last ? i18n.t('stage.client.got', {op: lens.say('op', last), result: last.result ?? '–'}) : '';
}
