/** What the menus offer for a node, a message, a client and a link. */

import {clients, members, quoted} from '../actions/common.js';
import {runningTimers} from '../actions/node.js';
import {roleWord} from '../core/words.js';
import {h} from './dom.js';

/** @typedef {import('./menu.js').Entry} Entry */

/** @param {string} target @param {...string} ids @returns {Entry[]} */
const each = (target, ...ids) => ids.map(id => ({id, target}));

/** What a machine of this status can be made to do next. @param {string} id @param {string} [status] */
const powerEntries = (id, status) =>
  each(id, status === 'crashed' ? 'node.restart' : 'node.crash', status === 'paused' ? 'node.resume' : 'node.pause');

/** @param {any} ctx @param {string} id */
export function nodeMenu(ctx, id) {
  const node = ctx.playhead.shown.view?.nodes[id];
  const state = node?.services[ctx.lens.service]?.state ?? {};
  const role = node?.status === 'up' ? roleWord(ctx, ctx.lens, state) : ctx.i18n.t(`stage.status.${node?.status}`);
  const entries = [...powerEntries(id, node?.status), ...timerEntries(ctx, id),
    ...each(id, 'node.crashBeforeSave', 'node.crashAfterSave'), ...orderEntries(ctx, id), {id: 'dialog.request', target: {at: id}}, ...(clients(ctx).length ? [] : each(id, 'client.join')), ...each(id, 'node.inspect'),
    ...['slow', 'true', 'fast'].map(rate => ({id: `node.clock.${rate}`, target: id, label: `stage.clock.${rate}`, row: 'stage.clock.row'}))];
  return {title: [id, role].filter(Boolean).join(' · '), entries};
}

/** A line for each timer that runs, and for those that its ring would show. @param {any} ctx @param {string} id @returns {Entry[]} */
function timerEntries(ctx, id) {
  const declared = /** @type {string[]} */ (ctx.lens.described.timers ?? []);
  const names = new Set([...runningTimers(ctx, id), ...declared.filter(timer => ctx.lens.rings(timer))]);
  return [...names].map(timer => ({id: 'node.timeout', target: {id, timer}, label: 'actions.timeout.named', params: {timer}}));
}

/** What the protocol lets people tell a node, or a client. @param {any} ctx @param {string} id @returns {Record<string, string[]>} */
function ordersOf(ctx, id) {
  const {lens, playhead, store} = ctx;
  return (playhead.shown.view?.nodes[id]?.client ? store.services[lens.client] : lens.described)?.orders ?? {};
}

/** @param {any} ctx @param {string} id @returns {Entry[]} */
function orderEntries(ctx, id) {
  return Object.entries(ordersOf(ctx, id)).map(([order, args]) => {
    const has = ctx.i18n.has(`order.${order}`);
    const params = {order: has ? ctx.i18n.t(`order.${order}`) : order};
    return {id: args.length ? 'dialog.order' : 'node.order', target: {id, order}, label: args.length ? 'actions.order.more' : 'actions.order', params};
  });
}

/** A form for an order's arguments: endpoints are chosen, everything else is written. @param {any} ctx
 *  @param {{id: string, order: string}} target @param {() => void} close */
export function orderMenu(ctx, {id, order}, close) {
  const {t} = ctx.i18n;
  const args = /** @type {string[]} */ (ordersOf(ctx, id)[order] ?? []);
  const inputs = args.map(arg => argument(arg, id, ctx));
  const send = (/** @type {Event} */ e) => {
    e.preventDefault();
    ctx.actions.run('node.order', {id, order, args: inputs.flatMap(input => input.values())});
    close();
  };
  const form = h('form', {class: 'menu-form', onsubmit: send}, [...inputs.map(input => input.root),
    h('button', {class: 'primary', type: 'submit'}, [t('stage.form.send')])]);
  const name = ctx.i18n.has(`order.${order}`) ? t(`order.${order}`) : order;
  return {title: `${id} · ${name}`, body: [form], entries: []};
}

/** @param {string} arg its name: `node…` is an endpoint, `…*` one or more @param {string} me @param {any} ctx */
function argument(arg, me, ctx) {
  const many = arg.endsWith('*');
  const name = arg.replace('*', '');
  const known = ctx.i18n.has(`argument.${name}`) ? `argument.${name}` : name;
  if (!name.startsWith('node')) {
    const {input, root} = field(known, '', ctx);
    input.required = true;
    if (many) input.maxLength = 80;
    return {root, values: () => input.value.trim().split(many ? /\s+/ : /$^/).filter(Boolean)};
  }
  const names = members(ctx);
  const {input, root} = select(known, names, names.find(n => n !== me) ?? me, ctx);
  input.multiple = many;
  return {root, values: () => [...input.selectedOptions].map(o => o.value)};
}

/** @param {any} ctx @param {number} id */
export function messageMenu(ctx, id) {
  const m = ctx.playhead.shown.view?.messages[id];
  const {t} = ctx.i18n;
  const entries = /** @type {Entry[]} */ (['deliver', 'drop', 'duplicate', 'hold'].map(verb => ({id: `message.${verb}`, target: id})));
  for (const ms of ['10', '50', '200']) entries.push({id: 'message.delay', target: {id, delay: `${ms}ms`}, label: 'stage.link.delay.about',
    params: {ms}, row: 'stage.message.delay'});
  if (!m) return {title: t('stage.message.gone'), entries};
  const lens = ctx.lenses.of(m.service);
  const rows = Object.entries(m.fields).map(([name, value]) => h('div', {}, [h('dt', {}, [name]), h('dd', {}, [lens.say(name, value)])]));
  return {title: `${m.type}  ${m.src} → ${m.dst}`, note: lens.describeMessage(m, ctx.i18n), entries, body: [h('dl', {class: 'menu-fields'}, rows)]};
}

/** @param {any} ctx @param {{src: string, dst: string}} link */
export function linkMenu(ctx, {src, dst}) {
  const there = {src, dst};
  const back = {src: dst, dst: src};
  const entries = /** @type {Entry[]} */ ([
    {id: 'link.cut', target: there, params: there}, {id: 'link.cut', target: back, params: back},
    {id: 'link.cutBoth', target: there}, {id: 'link.mend', target: there},
    ...[['15ms..25ms', '20'], ['50ms..80ms', '65'], ['150ms..250ms', '200']].map(([delay, ms]) => ({id: 'link.delay',
      target: {...there, delay}, label: 'stage.link.delay.about', params: {ms}, row: 'stage.link.delay'})),
    ...['0', '0.1', '0.5'].map(loss => ({id: 'link.loss', target: {...there, loss}, label: 'stage.link.loss.percent',
      params: {percent: Number(loss) * 100}, row: 'stage.link.loss'})),
  ]);
  return {title: `${src} ↔ ${dst}`, entries};
}

/** "5ms..10ms" as people write it. @param {string} span */
function spaced(span) {
  return span.replace('..', ' – ').replaceAll('ms', ' ms').replace(' ms –', ' –');
}

/** A form to ask something of the cluster, and to keep asking. What can be asked is the protocol's to say.
 * @param {any} ctx @param {{client?: string, at?: string}} target @param {() => void} close */
export function clientMenu(ctx, {client, at}, close) {
  const {t} = ctx.i18n;
  const names = clients(ctx);
  const operations = /** @type {Record<string, string[]>} */ (ctx.lens.described.operations ?? {});
  const first = Object.keys(operations)[0] ?? '';
  const who = select('stage.form.client', names, client ?? names[0], ctx);
  const op = select('stage.form.op', Object.keys(operations), first, ctx);
  const key = field('stage.form.key', 'x', ctx);
  const value = field('stage.form.value', String(1 + Math.floor(ctx.playhead.shown.seq % 9)), ctx);
  const server = select('stage.form.server', ['', ...members(ctx)], at ?? '', ctx);
  const asked = () => [{name: 'key', ...key}, {name: 'value', ...value}].filter(f => operations[op.input.value]?.includes(f.name));
  const fit = () => { for (const f of [key, value]) f.root.hidden = !asked().some(a => a.input === f.input); };
  op.input.addEventListener('change', fit);
  fit();
  const send = (/** @type {Event} */ e) => {
    e.preventDefault();
    const text = [op.input.value, ...asked().map(f => f.input.value.trim()).filter(Boolean).map(quoted)].join(' ');
    ctx.actions.run('client.request', {client: who.input.value, text, at: server.input.value});
    close();
  };
  const form = h('form', {class: 'menu-form', onsubmit: send}, [
    ...(names.length > 1 ? [who.root] : []), op.root, key.root, value.root, server.root,
    h('button', {class: 'primary', type: 'submit'}, [t('stage.form.send')])]);
  const id = who.input.value;
  const load = first ? ['100ms', '400ms'].map(every => ({id: 'client.load', target: {client: id, every}, params: {every: spaced(every)}})) : [];
  const node = ctx.playhead.shown.view?.nodes[id];
  const entries = [...load, ...(first ? each(id, 'client.loadOff') : []), ...powerEntries(id, node?.status), ...orderEntries(ctx, id),
    ...(node?.joined ? each(id, 'client.leave') : []), ...each(id, 'client.join', 'node.inspect')];
  return {title: t('stage.form.title', {client: id}), body: first ? [form] : [], entries};
}

/** @param {string} key @param {string[]} values @param {string} chosen @param {any} ctx */
function select(key, values, chosen, ctx) {
  const {t} = ctx.i18n;
  const input = h('select', {}, values.map(v => h('option', {value: v, selected: v === chosen}, [v === '' ? t('stage.form.any')
    : ctx.i18n.has(`stage.op.${v}`) ? t(`stage.op.${v}`) : v])));
  return {input, root: h('label', {}, [h('span', {}, [t(key)]), input])};
}

/** @param {string} key @param {string} value @param {any} ctx */
function field(key, value, ctx) {
  const input = h('input', {value, maxlength: 16, autocomplete: 'off', spellcheck: 'false', size: 6});
  return {input, root: h('label', {}, [h('span', {}, [ctx.i18n.t(key)]), input])};
}
