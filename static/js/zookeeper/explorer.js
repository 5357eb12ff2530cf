/**
 * The Znodes tab: the tree as one server has it at the moment shown, beside the leader's where the two differ, with
 * what a znode holds, the sessions that there are, and who watches what. Changes are asked for by the reader's own client.
 */

import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {detail} from './detail.js';
import {Forms} from './forms.js';
import {handOf} from './hand.js';
import {sessionsView, watchesView} from './sessions.js';
import {Source} from './source.js';
import {style, wider} from './style.js';
import {TreeView} from './treeview.js';
import {SERVICE, clientsOf, leaderOf, serversOf, split, stateOf} from './values.js';

/** @typedef {import('../types.js').Shown} Shown */

/** @param {HTMLElement} root @param {any} ctx */
export function mount(root, ctx) {
  style();
  root.classList.add('z-panel', 'z-explorer');
  return new Explorer(root, ctx);
}

export class Explorer {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.hand = handOf(ctx);
    this.again = () => this.shown && this.draw(this.shown);
    /** @param {string} url */
    this.fetchJson = async url => {
      const response = await fetch(`${url}${url.includes('?') ? '&' : '?'}lang=${ctx.i18n.lang()}`);
      const body = await response.json();
      if (!response.ok) throw new Error(body.message);
      return body;
    };
    this.source = new Source(this.fetchJson, this.again);
    this.tree = new TreeView(this);
    this.forms = new Forms(this);
    /** @type {Shown|null} */ this.shown = null;
    this.server = '';
    this.part = 'tree';
    this.live = true;
    this.face = 'text';
    this.about = '';
    this.found = /** @type {any} */ (null);
    this.searched = '';
    /** @type {any} */ this.sessions = null;
    this.sessionsOf = '';
    this.status = '';
  }

  get base() { return `${this.ctx.store.branchUrl(this.ctx.store.branch)}/znodes`; }

  /** @param {Shown} shown */
  draw(shown) {
    this.shown = shown;
    const {ctx} = this;
    const servers = serversOf(ctx, shown.view);
    if (!servers.length) return render(html`<p class="p-empty">${ctx.i18n.t('zk.none')}</p>`, this.root);
    const leader = leaderOf(ctx, shown.view);
    if (!servers.includes(this.server)) this.server = leader || servers[0];
    this.want(shown, leader);
    render(this.panel(shown, servers, leader), this.root);
    this.tree.place();
    return undefined;
  }

  /** The other server to compare with, '' where there is nothing to see. @param {string} leader */
  beside(leader) {
    const mine = stateOf(this.view, this.server);
    const theirs = stateOf(this.view, leader);
    return leader && leader !== this.server && mine?.tree.digest !== theirs?.tree.digest ? leader : '';
  }

  get view() { return this.shown?.view ?? null; }

  /** @param {Shown} shown @param {string} leader */
  want(shown, leader) {
    const {store} = this.ctx;
    const beside = this.beside(leader);
    const at = shown.live || shown.seq >= store.head ? '' : String(shown.seq);
    /** @type {Record<string, string>} */
    const query = {server: this.server, ...(beside && {beside}), ...(at && {seq: at})};
    const moment = this.moment(leader);
    if (this.live || !this.source.answered) this.source.want(this.base, query, moment);
    if (this.part !== 'tree') this.wantSessions(query, moment);
  }

  /** What changes when the answer would. @param {string} leader */
  moment(leader) {
    const {view, ctx} = this;
    const digest = (/** @type {string} */ name) => `${stateOf(view, name)?.tree.digest}/${view?.nodes[name]?.status}`;
    if (this.part === 'tree') return `${ctx.store.branch} ${digest(this.server)} ${leader && digest(leader)}`;
    const clients = clientsOf(ctx, view).map(c => `${c.name}/${c.phase}/${c.server}/${c.session}`).join();
    const all = serversOf(ctx, view).map(name => `${stateOf(view, name).watches.digest}/${Object.keys(stateOf(view, name).sessions).length}`);
    return `${ctx.store.branch} ${digest(this.server)} ${clients} ${all}`;
  }

  /** @param {Record<string, string>} query @param {string} moment */
  async wantSessions(query, moment) {
    const wanted = `${this.server} ${moment} ${query.seq ?? ''}`;
    if (wanted === this.sessionsOf) return;
    this.sessionsOf = wanted;
    const {beside: _, ...rest} = query;
    this.sessions = await this.fetchJson(`${this.base}/sessions?${new URLSearchParams(rest)}`).catch(() => this.sessions);
    this.again();
  }

  /** @param {Shown} shown @param {string[]} servers @param {string} leader */
  panel(shown, servers, leader) {
    const {t} = this.ctx.i18n;
    const parts = ['tree', 'sessions', 'watches'];
    const pick = (/** @type {string} */ part) => () => { this.part = part; this.again(); };
    return html`${this.head(shown, servers, leader)}
      <div class="z-bar"><div class="p-segments" role="group" aria-label=${t('zk.parts')}>${parts.map(part => html`<button type="button"
        aria-pressed=${part === this.part} @click=${pick(part)}>${t(`zk.part.${part}`)}</button>`)}</div>
        <span class="p-spacer"></span>${this.part === 'tree' ? this.tools() : nothing}${wider(this.ctx)}</div>
      ${this.status ? html`<p class="z-status" role="status">${this.status}</p>` : nothing}
      ${this.source.failed ? html`<p class="p-empty bad" role="alert">${this.source.failed}</p>` : nothing}
      ${this.part === 'tree' ? this.treePart() : this.part === 'sessions' ? sessionsView(this) : watchesView(this)}
      ${this.forms.dialog()}`;
  }

  /** Whose tree this is, and how far it is. @param {Shown} shown @param {string[]} servers @param {string} leader */
  head(shown, servers, leader) {
    const {t} = this.ctx.i18n;
    const choose = (/** @type {any} */ e) => { this.server = e.target.value; this.again(); };
    const state = stateOf(shown.view, this.server);
    const {status} = /** @type {any} */ (shown.view).nodes[this.server];
    const lead = stateOf(shown.view, leader);
    const behind = lead && lead.lastProcessed !== state.lastProcessed;
    const said = status === 'crashed' ? t('zk.server.crashed', {node: this.server})
      : !leader ? t('zk.server.noleader', {node: this.server, zxid: split(state.lastProcessed)})
        : behind ? t('zk.server.behind', {node: this.server, zxid: split(state.lastProcessed), leader, theirs: split(lead.lastProcessed)})
          : t('zk.server.same', {zxid: split(state.lastProcessed), znodes: state.tree.znodes});
    return html`<div class="z-server"><label>${t('zk.seenby')} <select class="p-select" @change=${choose}>${servers.map(name => html`<option
        value=${name} .selected=${name === this.server}>${name}${name === leader ? ` · ${t('zk.leader')}` : ''}</option>`)}</select></label>
      <span class="z-lag ${behind || status === 'crashed' ? 'behind' : ''}">${said}</span></div>
      ${shown.live ? nothing : html`<p class="z-past">${t('zk.past')}</p>`}`;
  }

  tools() {
    const {t} = this.ctx.i18n;
    const toggle = (/** @type {any} */ e) => { this.live = e.target.checked; this.again(); };
    return html`<label class="z-live" title=${t('zk.live.text')}><input type="checkbox" .checked=${this.live} @change=${toggle}>${t('zk.live')}</label>
      <button type="button" class="p-button" title=${t('zk.refresh')} aria-label=${t('zk.refresh')} @click=${() => this.refresh()}>↻</button>`;
  }

  refresh() {
    if (this.shown) {
      const {live} = this;
      this.live = true;
      this.want(this.shown, leaderOf(this.ctx, this.view));
      this.live = live;
    }
    this.source.again();
  }

  treePart() {
    return html`<div class="z-split"><div class="z-left">${this.search()}${this.found ? this.results() : this.tree.box()}</div>
      <div class="z-right">${this.source.known.has(this.source.chosen) ? detail(this) : nothing}</div></div>`;
  }

  search() {
    const {t} = this.ctx.i18n;
    const submit = (/** @type {Event} */ e) => {
      e.preventDefault();
      const text = /** @type {any} */ (e.target).elements.text.value.trim();
      this.look(text);
    };
    const clear = (/** @type {any} */ e) => { if (!e.target.value) { this.found = null; this.again(); } };
    return html`<form class="z-search" role="search" @submit=${submit}><input type="search" name="text" placeholder=${t('zk.search')}
      aria-label=${t('zk.search.text')} maxlength="200" autocomplete="off" spellcheck="false" @input=${clear}></form>`;
  }

  /** A path is gone to; anything else is looked for among the names. @param {string} text */
  async look(text) {
    this.found = null;
    if (text.startsWith('/')) {
      await this.source.reveal(text.length > 1 ? text.replace(/\/+$/, '') : text);
      this.tree.show(this.source.chosen);
    } else if (text) {
      this.searched = text;
      this.found = await this.fetchJson(`${this.base}/search?${this.source.query}&${new URLSearchParams({text})}`).catch(e => ({found: [], failed: e.message}));
    }
    this.again();
  }

  results() {
    const {t} = this.ctx.i18n;
    const go = (/** @type {string} */ path) => async () => {
      this.found = null;
      await this.source.reveal(path);
      this.tree.show(path);
    };
    return html`<p class="p-aside">${this.found.failed ?? t(this.found.more ? 'zk.search.more' : 'zk.search.found', {count: this.found.found.length, text: this.searched})}</p>
      <ul class="z-found" role="list">${this.found.found.map((/** @type {any} */ row) => html`<li><button type="button" class="p-link"
        @click=${go(row.path)}>${row.path}</button></li>`)}</ul>`;
  }

  /** Does it, and says what became of it. @param {string} what @param {Record<string, any>} operation */
  async perform(what, operation) {
    const {t} = this.ctx.i18n;
    const {playing} = this.ctx.playhead;
    this.status = t(playing ? 'zk.underway' : 'zk.underway.paused', {what});
    this.again();
    const outcome = await this.hand.ask(operation).catch(error => {
      this.status = this.ctx.actions.explain(error);
      this.again();
      return null;
    });
    if (!outcome) return null;
    this.status = outcome.error === 0 ? t('zk.done', {what}) : this.errorText(outcome.error, operation);
    if (outcome.call) this.lastCall = outcome.call;
    this.refresh();
    this.again();
    return outcome;
  }

  /** @param {number|null} error @param {Record<string, any>} operation */
  errorText(error, operation) {
    const {t, has} = {t: this.ctx.i18n.t, has: (/** @type {string} */ key) => this.ctx.i18n.has(key)};
    if (error === null) return t('zk.lost');
    const key = `zk.error.${-error}`;
    return has(key) ? t(key, {path: operation.path ?? ''}) : t('zk.error', {error});
  }

  get service() { return SERVICE; }
}
