/** What the menus offer for a node, a message, a client and a link. */

import {clients, members} from '../actions/common.js';
import {h} from './dom.js';

/** @typedef {import('./menu.js').Entry} Entry */

/** @param {string} target @param {...string} ids @returns {Entry[]} */
const each = (target, ...ids) => ids.map(id => ({id, target}));

/** @param {any} ctx @param {string} id */
export function nodeMenu(ctx, id) {
  const node = ctx.playhead.shown.view?.nodes[id];
  const state = node?.services[ctx.lens.service]?.state ?? {};
  const down = node?.status === 'crashed';
  const paused = node?.status === 'paused';
  const title = `${id} · ${ctx.i18n.t(node?.status === 'up' ? `stage.role.${ctx.lens.roleName(state)}` : `stage.status.${node?.status}`)}`;
  const entries = [...each(id, down ? 'node.restart' : 'node.crash', paused ? 'node.resume' : 'node.pause', 'node.timeout',
    'node.crashBeforeSave', 'node.crashAfterSave'), {id: 'dialog.request', target: {at: id}}, ...each(id, 'node.inspect'),
  ...['slow', 'true', 'fast'].map(rate => ({id: `node.clock.${rate}`, target: id, label: `stage.clock.${rate}`, row: 'stage.clock.row'}))];
  return {title, entries};
}

/** @param {any} ctx @param {number} id */
export function messageMenu(ctx, id) {
  const m = ctx.playhead.shown.view?.messages[id];
  const {t} = ctx.i18n;
  const entries = /** @type {Entry[]} */ (['deliver', 'drop', 'duplicate', 'hold'].map(verb => ({id: `message.${verb}`, target: id})));
  for (const ms of ['10', '50', '200']) entries.push({id: 'message.delay', target: {id, delay: `${ms}ms`}, label: 'stage.link.delay.about',
    params: {ms}, row: 'stage.message.delay'});
  if (!m) return {title: t('stage.message.gone'), entries};
  const rows = Object.entries(m.fields).map(([name, value]) => h('div', {}, [h('dt', {}, [name]), h('dd', {}, [fieldText(ctx, name, value)])]));
  return {title: `${m.type}  ${m.src} → ${m.dst}`, note: ctx.lens.describeMessage(m, t), entries, body: [h('dl', {class: 'menu-fields'}, rows)]};
}

/** @param {any} ctx @param {string} name @param {any} value */
function fieldText(ctx, name, value) {
  if (value === null) return '–';
  if (Array.isArray(value)) return value.length ? value.map(v => ctx.lens.entryText(v)).join('  ') : '[ ]';
  return ctx.lens.say(name, value);
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

/** A form to ask something of the cluster, and to keep asking. @param {any} ctx @param {{client?: string, at?: string}} target @param {() => void} close */
export function clientMenu(ctx, {client, at}, close) {
  const {t} = ctx.i18n;
  const names = clients(ctx);
  const who = select('stage.form.client', names, client ?? names[0], ctx);
  const op = select('stage.form.op', ['put', 'get', 'add', 'delete'], 'put', ctx);
  const key = field('stage.form.key', 'x', ctx);
  const value = field('stage.form.value', String(1 + Math.floor(ctx.playhead.shown.seq % 9)), ctx);
  const server = select('stage.form.server', ['', ...members(ctx)], at ?? '', ctx);
  op.input.addEventListener('change', () => { value.root.hidden = op.input.value === 'get' || op.input.value === 'delete'; });
  const send = (/** @type {Event} */ e) => {
    e.preventDefault();
    const text = [op.input.value, key.input.value.trim(), value.root.hidden ? '' : value.input.value.trim()].filter(Boolean).join(' ');
    ctx.actions.run('client.request', {client: who.input.value, text, at: server.input.value});
    close();
  };
  const form = h('form', {class: 'menu-form', onsubmit: send}, [
    ...(names.length > 1 ? [who.root] : []), op.root, key.root, value.root, server.root,
    h('button', {class: 'primary', type: 'submit'}, [t('stage.form.send')])]);
  const id = who.input.value;
  const entries = [...['100ms', '400ms'].map(every => ({id: 'client.load', target: {client: id, every}, params: {every: spaced(every)}})),
    {id: 'client.loadOff', target: id}, ...each(id, 'node.inspect')];
  return {title: t('stage.form.title', {client: id}), body: [form], entries};
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
