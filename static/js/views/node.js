/** The Node tab: one node's state as the paper groups it, with what just changed, its timers, inbox and reason. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { roleAndEra, serviceName } from '../core/words.js';
import { changedRows, lastEventAt } from '../panels/changes.js';
import { snippet } from '../panels/codelines.js';
import { endpoints, fieldRows, isEmpty, moment, natural, perPeer, span } from '../panels/format.js';
import { messageItem } from '../panels/messageitem.js';
import { explanation } from '../panels/sentences.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').NodeView} NodeView */

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountNode(root, ctx) {
  root.classList.add('p-panel', 'p-node');
  /** @type {Shown|undefined} */
  let last;
  const draw = whileVisible(root, (shown) => {
    last = shown;
    if (shown.view) render(panel(ctx, shown, shown.view, () => last && draw(last)), root);
  });
  return { draw, everyFrame: true };
}

/** @param {Ctx} ctx @param {Shown} shown @param {View} view @param {() => void} again */
function panel(ctx, shown, view, again) {
  const name = chosenNode(ctx, view, shown);
  const node = view.nodes[name];
  if (!node) return html`<p class="p-empty">${ctx.i18n.t('panels.node.none')}</p>`;
  return html`${heading(ctx, shown, name, node)}
    ${servicesOf(ctx, node).map((service) => serviceBlock(ctx, shown, view, name, service, again))}`;
}

/** The selected node; or, before anybody chose, the one that the story is about. @param {Ctx} ctx @param {View} view @param {Shown} shown */
function chosenNode(ctx, view, shown) {
  const chosen = ctx.selection.get().node;
  if (chosen && view.nodes[chosen]) return chosen;
  const names = endpoints(view);
  const { lens } = ctx;
  const leader = names.find((n) => view.nodes[n].services[lens.service] && lens.standing(view.nodes[n].services[lens.service].state) === 'leads');
  const at = view.nodes[shown.event?.node ?? ''];
  return leader ?? (at && !at.client && shown.event ? shown.event.node : names[0]);
}

/** @param {Ctx} ctx @param {Shown} shown @param {string} name @param {NodeView} node */
function heading(ctx, shown, name, node) {
  const { t } = ctx.i18n;
  const since = span(Math.max(0, shown.time - node.since));
  const facts = [roleText(ctx, node), t(`panels.status.${node.status}`, { since })];
  if (node.clock !== 1) facts.push(t('panels.node.clock', { rate: node.clock }));
  return html`<header class="p-head">
    <h2>${name}</h2><span class="p-facts">${facts.filter(Boolean).join(' · ')}</span>
    <span class="p-spacer"></span>${picker(ctx, name)}
  </header>`;
}

/** @param {Ctx} ctx @param {NodeView} node */
function roleText(ctx, node) {
  if (node.client) return ctx.i18n.t('panels.role.client');
  const state = node.services[ctx.lens.service]?.state;
  return !state || node.status === 'crashed' ? '' : roleAndEra(ctx, ctx.lens, state);
}

/** The service in focus comes first. @param {Ctx} ctx @param {NodeView} node */
function servicesOf(ctx, node) {
  const mine = (/** @type {string} */ service) => ctx.lenses.of(service) === ctx.lens;
  return Object.keys(node.services).sort((a, b) => Number(mine(b)) - Number(mine(a)) || natural(a, b));
}

/** Another node, by a menu that works on a phone too. @param {Ctx} ctx @param {string} name */
function picker(ctx, name) {
  const view = ctx.playhead.shown.view;
  const choose = (/** @type {any} */ e) => ctx.selection.set({ node: e.target.value });
  return html`<select class="p-select" aria-label=${ctx.i18n.t('panels.node.choose')} @change=${choose}>
    ${(view ? endpoints(view) : [name]).map((n) => html`<option value=${n} .selected=${n === name}>${n}</option>`)}
  </select>`;
}

/** @param {Ctx} ctx @param {Shown} shown @param {View} view @param {string} name @param {string} service @param {() => void} again */
function serviceBlock(ctx, shown, view, name, service, again) {
  const part = view.nodes[name].services[service];
  const event = lastEventAt((seq) => ctx.store.event(seq), name, service, shown.seq);
  const before = event && event.seq > 1 ? ctx.store.viewAt(event.seq - 1)?.nodes[name]?.services[service]?.state : undefined;
  const entries = (/** @type {number} */ count) => ctx.i18n.t(count === 1 ? 'panels.entry' : 'panels.entries', { count });
  const lens = ctx.lenses.of(service);
  const told = lens.fields(part.state);
  const changed = changedRows(event, before && lens.fields(before), told, entries);
  const groups = groupsOf(ctx, service, told).filter(([group, fields]) => !OPTIONAL.has(group) || !fields.every((f) => isEmpty(part.state[f])));
  const several = ctx.lenses.names.length > 1;
  return html`${several ? html`<h2 class="p-service">${serviceName(ctx, ctx.lenses.of(service).service)}</h2>` : nothing}
    ${event ? explanation(ctx, event) : nothing}
    ${groups.map(([group, fields]) => groupBlock({ ctx, service, state: part.state, told, changed, entries }, group, fields))}
    ${timers(ctx, shown, service, part)}
    ${inbox(ctx, shown, view, name, service)}
    ${event ? snippet(ctx, service, event, again) : nothing}`;
}

/** Groups that say nothing while the node has not that role. */
const OPTIONAL = new Set(['candidate', 'leader', 'coordinator', 'participant', 'proposer', 'acceptor', 'learner']);

/** @typedef {{ctx: Ctx, service: string, state: any, told: any, changed: Map<string, string>, entries: (count: number) => string}} Block */

/** @param {Block} block @param {string} group @param {string[]} fields */
function groupBlock(block, group, fields) {
  const { told, entries, ctx } = block;
  const { matrix, rest } = perPeer(fields, told, entries);
  return html`<h3>${groupName(block, group)}</h3>
    ${matrix ? matrixTable(block, matrix) : nothing}
    <table class="p-state"><tbody>${rest.flatMap((field) => fieldRows(field, told[field], entries))
      .map(([label, text]) => stateRow(block, label, text))}</tbody></table>`;
}

/** @param {Block} block @param {string} group */
function groupName({ ctx, service }, group) {
  const name = ctx.store.services[service]?.server ? 'client' : group || 'rest';
  return ctx.i18n.has(`panels.group.${name}`) ? ctx.i18n.t(`panels.group.${name}`) : name;
}

/** @param {Block} block @param {string} label a field, or field[key] */
function meaning({ ctx, service }, label) {
  const key = `field.${ctx.store.services[service]?.words ?? service}.${label.replace(/\[.*/, '')}`;
  return ctx.i18n.has(key) ? ctx.i18n.t(key) : label;
}

/** @param {string} text @param {string|undefined} old what it was, when it has just changed */
const valueCell = (text, old) => (old === undefined ? text : html`${old ? html`<span class="p-old">${old}</span> → ` : nothing}<b>${text}</b>`);

/** @param {Block} block @param {string} label @param {string} text */
function stateRow(block, label, text) {
  const old = block.changed.get(label);
  const cells = label === 'log' ? logCells(block) : nothing;
  return html`<tr class=${old === undefined ? '' : 'changed'}>
    <th scope="row" title=${meaning(block, label)}>${label}</th><td>${valueCell(text, old)}${cells}</td></tr>`;
}

/** The end of the log, small. @param {Block} block */
function logCells({ ctx, service, state }) {
  const { cells } = ctx.lenses.of(service).lastCells(state, 4);
  return html`<span class="p-minilog" aria-hidden="true">${cells.map((cell) => html`<span
    class="p-cell era-${cell.era % 8} ${cell.committed ? '' : 'loose'}">${cell.label}</span>`)}</span>`;
}

/** What is kept for each peer: a row a peer, a column a field. @param {Block} block @param {import('../panels/format.js').Matrix} matrix */
function matrixTable(block, matrix) {
  return html`<table class="p-state p-matrix"><thead><tr><td></td>${matrix.fields.map((field) => html`<th scope="col"
      title=${meaning(block, field)}>${field}</th>`)}</tr></thead>
    <tbody>${matrix.rows.map(([key, texts]) => html`<tr><th scope="row">${key}</th>${texts.map((text, i) => {
      const old = block.changed.get(`${matrix.fields[i]}[${key}]`);
      return html`<td class=${old === undefined ? '' : 'changed'}>${valueCell(text, old)}</td>`;
    })}</tr>`)}</tbody></table>`;
}

/** Groups as the server describes them; fields that it does not mention come last. @param {Ctx} ctx @param {string} service @param {any} state
 * @returns {[string, string[]][]} */
function groupsOf(ctx, service, state) {
  const groups = ctx.store.services[service]?.groups ?? [];
  const named = new Set(groups.flatMap(([, fields]) => fields));
  const rest = Object.keys(state).filter((field) => !named.has(field));
  const present = groups.map(([group, fields]) => /** @type {[string, string[]]} */ ([group, fields.filter((f) => f in state)]));
  return [...present, /** @type {[string, string[]]} */ (['', rest])].filter(([, fields]) => fields.length);
}

/** @param {Ctx} ctx @param {Shown} shown @param {string} service @param {import('../types.js').ServiceView} part */
function timers(ctx, shown, service, part) {
  const names = ctx.store.services[service]?.timers ?? Object.keys(part.timers).sort();
  const running = names.filter((name) => part.timers[name]);
  if (!running.length && !part.busyUntil) return nothing;
  const bars = running.map((name) => timerRow(ctx, shown.time, name, part.timers[name]));
  const writing = part.busyUntil > shown.time ? html`<tr><th scope="row">${ctx.i18n.t('panels.node.writing')}</th>
    <td>${ctx.i18n.t('panels.node.left', { time: span(part.busyUntil - shown.time) })}</td></tr>` : nothing;
  return html`<h3>${ctx.i18n.t('panels.node.timers')}</h3><table class="p-state p-timers"><tbody>${bars}${writing}</tbody></table>`;
}

/** @param {Ctx} ctx @param {number} time @param {string} name @param {[number, number]} timer */
function timerRow(ctx, time, name, [setAt, due]) {
  const total = Math.max(1, due - setAt);
  const gone = Math.min(1, Math.max(0, (time - setAt) / total));
  const left = ctx.i18n.t('panels.node.left', { time: span(Math.max(0, due - time)) });
  return html`<tr><th scope="row">${name}</th><td>
    <svg class="p-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="p-bar-all" width="100" height="6" rx="0"></rect><rect class="p-bar-gone" width=${gone * 100} height="6"></rect>
    </svg><span class="p-left" title=${moment(due)}>${left}</span></td></tr>`;
}

/** @param {Ctx} ctx @param {Shown} shown @param {View} view @param {string} name @param {string} service */
function inbox(ctx, shown, view, name, service) {
  const lens = ctx.lenses.of(service);
  const coming = Object.values(view.messages).filter((m) => m.dst === name && ctx.lenses.of(m.service) === lens)
    .sort((a, b) => Number(a.held) - Number(b.held) || a.arrives - b.arrives || natural(a.src, b.src));
  const { t } = ctx.i18n;
  return html`<h3>${t('panels.node.inbox')}</h3>${coming.length
    ? html`<ul class="p-messages" role="list">${repeat(coming.slice(0, 40), (m) => m.id, (m) => messageItem(ctx, shown, m))}</ul>`
    : html`<p class="p-empty">${t('panels.node.noinbox')}</p>`}
    ${coming.length > 40 ? html`<p class="p-empty">${t('panels.more', { count: coming.length - 40 })}</p>` : nothing}`;
}
