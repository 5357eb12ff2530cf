/**
 * The tree of znodes beside a lesson's stage. Every server's tree is what its log says, up to what it has executed:
 * so the past needs no server, and one that is behind shows where.
 */

import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {whileVisible} from '../panels/visible.js';
import {style} from '../zookeeper/style.js';
import {bytesOf, colourOf, hex, leaderOf, nameOf, ownerOf, parentOf, serversOf, stateOf} from '../zookeeper/values.js';

/** @typedef {{data: string|null, version: number, creates: number, children: number, owner: number, mzxid: number, pzxid: number}} Znode */
/** @typedef {Map<string, Znode>} Tree */

/** With names longer than this there is no room for zxids. */
const LONG = 16;

/** @param {HTMLElement} root @param {any} ctx */
export function mountZnodes(root, ctx) {
  style();
  root.classList.add('z-panel');
  return {draw: whileVisible(root, shown => { if (shown.view) render(panel(ctx, shown.view), root); })};
}

/** @param {any} ctx @param {import('../types.js').View} view */
function panel(ctx, view) {
  const up = serversOf(ctx, view).filter(name => view.nodes[name].status === 'up');
  const told = leaderOf(ctx, view) || up.sort((a, b) => stateOf(view, b).lastProcessed - stateOf(view, a).lastProcessed)[0];
  const {t} = ctx.i18n;
  if (!told) return html`<p class="p-empty">${t('lesson.zk.none')}</p>`;
  const others = up.filter(name => name !== told).map(name => /** @type {[string, Tree]} */ ([name, treeOf(stateOf(view, name))]));
  const {lastProcessed} = stateOf(view, told);
  const tree = treeOf(stateOf(view, told));
  const all = new Map([...others.flatMap(([, theirs]) => [...theirs]), ...tree]);
  const rows = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, znode]) => row(ctx, view, path, tree.has(path) ? znode : null, lastProcessed, others));
  return html`<h3>${t('stage.tab.znodes')}</h3><p class="z-lag">${t('lesson.zk.told', {node: told})}</p>
    <table class="lz ${[...all.keys()].some(path => nameOf(path).length > LONG) ? 'lz-slim' : ''}"><thead><tr><th>${t('lesson.zk.path')}</th><th>dataVersion</th><th>cversion</th><th class="lz-wide">mZxid</th><th class="lz-wide">pZxid</th></tr></thead>
    <tbody>${rows}</tbody></table>${rows.length ? nothing : html`<p class="p-empty">${t('lesson.zk.empty')}</p>`}`;
}

/** One line, with what other servers have there instead.
 * @param {any} ctx @param {import('../types.js').View} view @param {string} path @param {Znode|null} z @param {number} last @param {[string, Tree][]} others */
function row(ctx, view, path, z, last, others) {
  const {t} = ctx.i18n;
  const depth = path.split('/').length - 2;
  const fresh = (/** @type {number} */ zxid) => (zxid === last ? 'lz-fresh' : '');
  const owner = z?.owner ? ownerOf(ctx, view, z.owner) || hex(z.owner) : '';
  const apart = others.filter(([, tree]) => said(tree.get(path)) !== said(z ?? undefined))
    .map(([name, tree]) => t(tree.has(path) ? 'lesson.zk.has' : 'lesson.zk.not', {node: name, data: text(tree.get(path)?.data)}));
  return html`<tr class=${z ? '' : 'lz-gone'}><th scope="row" class=${`lz-${Math.min(depth, 4)}`}><span class="z-kind ${owner ? `ephemeral ${colourOf(z?.owner ?? 0)}` : ''}" aria-hidden="true"></span>
      ${depth ? nameOf(path) : path} <q class="lz-data">${text(z?.data)}</q>${owner ? html` <span class="z-small">${t('lesson.zk.owner', {owner})}</span>` : nothing}
      ${apart.length ? html`<span class="lz-apart">${apart.join(' ')}</span>` : nothing}</th>
    <td class=${z ? fresh(z.mzxid) : ''}>${z?.version}</td><td class=${z ? fresh(z.pzxid) : ''}>${z ? 2 * z.creates - z.children : ''}</td>
    <td class="lz-wide ${z ? fresh(z.mzxid) : ''}">${z && hex(z.mzxid)}</td><td class="lz-wide ${z ? fresh(z.pzxid) : ''}">${z && hex(z.pzxid)}</td></tr>`;
}

/** @param {Znode|undefined} z */
const said = z => (z ? `${z.data} ${z.version}` : '');

/** @param {string|null|undefined} data */
const text = data => (data ? new TextDecoder().decode(bytesOf(data) ?? undefined) : '');

/** @type {WeakMap<object, {upTo: number, tree: Tree}>} */
const known = new WeakMap();

/** A log is never changed, only replaced: what it says is worked out once. @param {any} state @returns {Tree} */
export function treeOf({log, lastProcessed}) {
  const before = known.get(log);
  if (before && before.upTo === lastProcessed) return before.tree;
  /** @type {Tree} */ const tree = new Map();
  for (const {zxid, command} of log) if (zxid <= lastProcessed && command?.body) apply(tree, zxid, command.body);
  known.set(log, {upTo: lastProcessed, tree});
  return tree;
}

/** As protocols/zookeeper/apply.py does. @param {Tree} tree @param {number} zxid @param {any} body */
function apply(tree, zxid, body) {
  const {txn, path, data, version} = body;
  const znode = tree.get(path);
  if (txn === 'create') {
    tree.set(path, {data, version: 0, creates: 0, children: 0, owner: body.owner, mzxid: zxid, pzxid: zxid});
    change(tree, parentOf(path), parent => ({creates: body.creates, children: parent.children + 1, pzxid: zxid}));
  } else if (txn === 'setData' && znode) tree.set(path, {...znode, data, version, mzxid: zxid});
  else if (txn === 'delete' && znode) remove(tree, path, zxid);
  else if (txn === 'closeSession') for (const gone of body.paths) remove(tree, gone, zxid);
  else if (txn === 'multi') for (const each of body.bodies) apply(tree, zxid, each);
}

/** @param {Tree} tree @param {string} path @param {number} zxid */
function remove(tree, path, zxid) {
  if (tree.delete(path)) change(tree, parentOf(path), parent => ({children: parent.children - 1, pzxid: zxid}));
}

/** @param {Tree} tree @param {string} path @param {(znode: Znode) => Partial<Znode>} how */
function change(tree, path, how) {
  const znode = tree.get(path);
  if (znode) tree.set(path, {...znode, ...how(znode)});
}
