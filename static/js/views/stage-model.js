/** From a view to what the figures show: the one place where the stage asks the lens about state. */

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
  const down = node.status === 'crashed';
  const era = lens.era(state);
  const role = down ? 'follower' : lens.role(state);
  const {before, cells} = lens.lastCells(state, box.nodes[id].label.cells);
  const mine = recent.filter(r => r.event.node === id);
  const model = {
    status: node.status, role, era, cells, before,
    letter: lens.letter(state),
    value: down || node.status === 'paused' || role === 'candidate' ? '' : lens.centre(state) || lens.letter(state),
    eraText: i18n.t('stage.term', {term: era}), eraShort: String(era),
    timer: down ? -1 : timerPart(lens.timer(state, service.timers), time),
    busy: service.busyUntil > time,
    votes: down ? [] : votes(ctx, view, id, state, box),
    rising: youngest(mine, 'restart') ?? 1,
    flash: youngest(mine, 'timeout', e => e.body[0] === lens.timerName) ?? 0,
    saved: 1 - Math.min(youngest(mine, 'save') ?? 1, youngest(mine, 'saved') ?? 1),
    chosen: ctx.selection.get().node === id,
    roleText: box.narrow && Object.keys(box.nodes).length > 5 ? '' : roleText(ctx, node, state),
    aria: '',
  };
  model.aria = i18n.t('stage.node.aria', {node: id, role: roleText(ctx, node, state), term: era, entries: (state.log ?? []).length,
    commit: state.commitIndex ?? 0});
  return model;
}

/** The age of the latest effect of a kind, 0 to 1. @param {{event: any, age: number}[]} recent @param {string} kind
 *  @param {(e: any) => boolean} [which] @returns {number|undefined} */
function youngest(recent, kind, which = () => true) {
  const found = recent.filter(r => r.event.kind === kind && which(r.event));
  return found.length ? found[found.length - 1].age : undefined;
}

/** @param {any} ctx @param {any} node @param {any} state */
function roleText(ctx, node, state) {
  const {i18n, lens} = ctx;
  const role = i18n.t(node.status === 'up' ? `stage.role.${lens.roleName(state)}` : `stage.status.${node.status}`);
  const more = [node.clock === 1 ? '' : i18n.t('stage.clock', {rate: node.clock}), node.trap ? i18n.t('stage.trap') : ''];
  return [role, ...more.filter(Boolean)].join(' · ');
}

/** @param {[number, number]|null} timer @param {number} time */
function timerPart(timer, time) {
  if (!timer) return -1;
  const [setAt, due] = timer;
  return due > setAt ? (time - setAt) / (due - setAt) : 1;
}

/** @param {any} ctx @param {View} view @param {string} id @param {any} state @param {Layout} box */
function votes(ctx, view, id, state, box) {
  const {lens} = ctx;
  if (lens.role(state) !== 'candidate') return [];
  const held = new Set(lens.votes(state));
  const flying = new Set(Object.values(view.messages).filter(m => m.dst === id).map(m => lens.ballot(m, state)));
  return Object.entries(box.nodes).map(([name, place]) => ({
    angle: place.angle, state: held.has(name) ? 'held' : flying.has(name) ? 'flying' : 'missing'}));
}

/** @param {any} ctx @param {View} view @param {string} id @param {number} time */
export function clientModel(ctx, view, id, time) {
  const {lens, i18n} = ctx;
  const node = view.nodes[id];
  const {state = {}, timers = {}} = node.services.client ?? {};
  const note = clientNote(lens, i18n, state);
  return {status: node.status, waiting: state.pending ? timerPart(timers.retry ?? null, time) : -1, note,
    chosen: ctx.selection.get().node === id,
    aria: i18n.t('stage.client.aria', {client: id, note: note || i18n.t('stage.client.idle')})};
}

/** What it asks, or what it was answered last. @param {any} lens @param {any} i18n @param {any} state */
function clientNote(lens, i18n, state) {
  if (state.pending) return i18n.t('stage.client.asks', {op: lens.say('op', state.pending)});
  const last = state.answers?.[state.answers.length - 1];
  return last ? i18n.t('stage.client.got', {op: lens.say('op', last), result: last.result ?? '–'}) : '';
}
