/** What one znode is: its path, its data in whatever form it reads best, its stat with every field explained, its ACL. */

import {html, nothing} from '../../vendor/lit-html/lit-html.js';
import {base64Of, bytesOf, colourOf, dateText, hex, hexOf, jsonOf, nameOf, ownerOf, parentOf, permsText, split, textOf} from './values.js';

const FACES = ['text', 'json', 'hex', 'base64'];
const FIELDS = ['czxid', 'ctime', 'mzxid', 'mtime', 'pzxid', 'cversion', 'version', 'aversion', 'ephemeralOwner', 'dataLength', 'numChildren'];
/** As zkCli writes them. @type {Record<string, string>} */
const NAMES = {czxid: 'cZxid', mzxid: 'mZxid', pzxid: 'pZxid', version: 'dataVersion', aversion: 'aclVersion'};
const LONGEST = 20000;

/** @param {any} explorer */
export function detail(explorer) {
  const {ctx, source} = explorer;
  const {t} = ctx.i18n;
  const answer = source.known.get(source.chosen);
  const {node, path} = answer;
  if (!node) return html`<h3 class="z-path">${path}</h3><p class="p-empty">${t('zk.nothere', {node: explorer.server})}</p>
    ${answer.side === 'there' ? html`<p class="p-aside">${t('zk.only.there')}</p>` : nothing}`;
  return html`<h3 class="z-path">${crumbs(explorer, path)}</h3>
    <p class="z-what">${what(explorer, node)}</p>
    ${answer.side === 'here' || answer.side === 'differs' ? html`<p class="z-lag behind">${t(`zk.side.${answer.side}.text`)}</p>` : nothing}
    ${actions(explorer, node, path)}
    ${data(explorer, node)}
    ${stat(explorer, node)}
    ${acl(explorer, node, path)}`;
}

/** Every part of a path leads there. @param {any} explorer @param {string} path */
function crumbs(explorer, path) {
  const parts = [];
  for (let at = path; ; at = parentOf(at)) {
    parts.unshift(at);
    if (at === '/') break;
  }
  return parts.map((at, i) => html`${i > 1 ? '/' : nothing}<button type="button" class="p-link" aria-current=${at === path ? 'true' : nothing}
    @click=${() => explorer.source.reveal(at)}>${at === '/' ? '/' : nameOf(at)}</button>`);
}

/** In a sentence. @param {any} explorer @param {any} node */
function what(explorer, node) {
  const {t} = explorer.ctx.i18n;
  const owner = node.ephemeralOwner ? ownerOf(explorer.ctx, explorer.view, node.ephemeralOwner) : '';
  const text = t(`zk.what.${node.kinds[0]}`, {owner: owner || hex(node.ephemeralOwner), left: node.ttlLeft === null || node.ttlLeft === undefined ? '–' : `${(node.ttlLeft / 1000).toFixed(1)} s`});
  return html`${node.ephemeralOwner ? html`<span class="z-kind ephemeral ${colourOf(node.ephemeralOwner)}" aria-hidden="true"></span> ` : nothing}${text}
    ${node.kinds.includes('sequential') ? t('zk.what.sequential') : nothing}`;
}

/** @param {any} explorer @param {any} node @param {string} path */
function actions(explorer, node, path) {
  const {ctx, forms, hand} = explorer;
  const {t} = ctx.i18n;
  const may = hand.may();
  const root = path === '/';
  /** @type {[string, boolean][]} */
  const all = [['edit', true], ['create', true], ['copy', !root], ['rename', !root], ['delete', !root], ['deleteall', !root && node.numChildren > 0], ['import', true]];
  const button = (/** @type {[string, boolean]} */ [id]) => html`<button type="button" class="p-button" aria-disabled=${may !== true}
    title=${may === true ? t(`zk.act.${id}.text`) : t(may)} @click=${() => may === true && forms.open(id, path, node)}>${t(`zk.act.${id}`)}</button>`;
  const exportUrl = `${explorer.base}/export?${explorer.source.query}&${new URLSearchParams({path})}`;
  return html`<div class="z-actions">${all.filter(([, yes]) => yes).map(button)}
    <a class="p-button" href=${exportUrl} download="znodes.json" title=${t('zk.act.export.text')}>${t('zk.act.export')}</a>
    ${explorer.lastCall ? html`<button type="button" class="p-button primary" @click=${() => ctx.journey.follow(explorer.lastCall)}>${t('zk.follow')}</button>` : nothing}</div>
    ${may === true ? nothing : html`<p class="p-aside">${t('zk.readonly')} ${t(may)}</p>`}`;
}

/** @param {any} explorer @param {any} node */
function data(explorer, node) {
  const {t} = explorer.ctx.i18n;
  const bytes = bytesOf(node.data);
  const text = bytes && textOf(bytes);
  const faces = FACES.filter(face => face === 'hex' || face === 'base64' || (text !== null && (face === 'text' || jsonOf(text) !== null)));
  const face = faces.includes(explorer.face) ? explorer.face : faces[0];
  const choose = (/** @type {string} */ f) => () => { explorer.face = f; explorer.again(); };
  const shown = bytes === null ? '' : face === 'text' ? text : face === 'json' ? jsonOf(text ?? '') : face === 'hex' ? hexOf(bytes) : base64Of(bytes);
  return html`<div class="z-bar"><h4>${t('zk.data')}</h4><span class="p-aside">${t('zk.bytes', {count: node.dataLength})}</span><span class="p-spacer"></span>
      ${bytes?.length ? html`<div class="p-segments" role="group" aria-label=${t('zk.data.as')}>${faces.map(f => html`<button type="button" aria-pressed=${f === face}
        @click=${choose(f)}>${t(`zk.face.${f}`)}</button>`)}</div>` : nothing}</div>
    ${bytes === null ? html`<p class="p-empty">${t('zk.data.null')}</p>` : bytes.length === 0 ? html`<p class="p-empty">${t('zk.data.empty')}</p>`
      : html`<pre class="z-data" tabindex="0" aria-label=${t('zk.data')}>${(shown ?? '').slice(0, LONGEST)}${(shown ?? '').length > LONGEST ? '…' : ''}</pre>`}`;
}

/** @param {any} explorer @param {any} node */
function stat(explorer, node) {
  const {t} = explorer.ctx.i18n;
  const tell = (/** @type {string} */ field) => () => { if (explorer.about !== field) { explorer.about = field; explorer.again(); } };
  return html`<h4>${t('zk.stat')}</h4><dl class="z-stat">${FIELDS.map(field => html`<div class=${explorer.about === field ? 'on' : ''}
      tabindex="0" aria-describedby="z-about" @mouseenter=${tell(field)} @focus=${tell(field)} @click=${tell(field)}>
      <dt>${NAMES[field] ?? field}</dt><dd>${statText(field, node.stat[field])}</dd></div>`)}</dl>
    <p class="z-about" id="z-about">${explorer.about ? html`<b>${NAMES[explorer.about] ?? explorer.about}</b> ${t(`zk.stat.${explorer.about}`)}` : t('zk.stat.about')}</p>`;
}

/** @param {string} field @param {number} value */
function statText(field, value) {
  if (field.endsWith('zxid')) return html`${hex(value)}<span class="z-small"> ${split(value)}</span>`;
  if (field.endsWith('time')) return dateText(value);
  return field === 'ephemeralOwner' ? hex(value) : String(value);
}

/** @param {any} explorer @param {any} node @param {string} path */
function acl(explorer, node, path) {
  const {t} = explorer.ctx.i18n;
  const may = explorer.hand.may();
  return html`<div class="z-bar"><h4>${t('zk.acl')}</h4><span class="p-spacer"></span>
      <button type="button" class="p-button" aria-disabled=${may !== true} title=${may === true ? '' : t(may)}
        @click=${() => may === true && explorer.forms.open('acl', path, node)}>${t('zk.act.acl')}</button></div>
    <ul class="z-acl" role="list">${node.acl.map((/** @type {any} */ a) => html`<li><code>${a.scheme}:${a.id}:${permsText(a.perms)}</code>
      <span class="p-aside">${aclSentence(t, a)}</span></li>`)}</ul>`;
}

/** @param {(key: string, params?: any) => string} t @param {{perms: number, scheme: string, id: string}} entry */
export function aclSentence(t, {perms, scheme, id}) {
  const who = t(['world', 'digest', 'ip', 'auth'].includes(scheme) ? `zk.acl.who.${scheme}` : 'zk.acl.who.other', {scheme, id: (scheme === 'digest' ? id.split(':')[0] : id) || '…'});
  const letters = permsText(perms);
  const may = letters.length === 5 ? t('zk.acl.may.all') : letters ? [...letters].map(letter => t(`zk.acl.may.${letter}`)).join(t('zk.acl.and')) : t('zk.acl.may.none');
  return t('zk.acl.sentence', {who, may});
}
