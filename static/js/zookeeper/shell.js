/** The Shell tab: a terminal on a client machine. What it prints is the client's own output, as the trace has it. */

import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {handOf} from './hand.js';
import {WRITES} from './journey.js';
import {style, wider} from './style.js';
import {clientsOf, colourOf, leaderOf} from './values.js';

/** @typedef {import('../types.js').Shown} Shown */

/** Commands as one may type them; what they do is in the catalogues. @type {Record<string, string>} */
const HELPED = {
  ls: 'ls -s -R /',
  create: 'create -s -e /a data',
  get: 'get -s /a',
  set: 'set -v 0 /a data',
  stat: 'stat -w /a',
  delete: 'delete -v 0 /a',
  deleteall: 'deleteall /a',
  sync: 'sync /',
  getAcl: 'getAcl -s /a',
  setAcl: 'setAcl /a world:anyone:cdrwa',
  addauth: 'addauth digest user:password',
  whoami: 'whoami',
  setquota: 'setquota -n 10 /a',
  addWatch: 'addWatch -m PERSISTENT /a',
  removewatches: 'removewatches /a',
  history: 'history',
  redo: 'redo 1',
  connect: 'connect n3',
  close: 'close',
  quit: 'quit',
};

/** @param {HTMLElement} root @param {any} ctx */
export function mount(root, ctx) {
  style();
  root.classList.add('z-panel', 'z-shell');
  return new Shell(root, ctx);
}

class Shell {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.hand = handOf(ctx);
    /** @type {Shown|null} */ this.shown = null;
    this.back = 0;
    this.draft = '';
    /** @type {string[]} */ this.offers = [];
    this.problem = '';
    this.printed = '';
    /** What an earlier session of this page typed comes back with the arrows. @type {string[]} */ this.typed = [];
  }

  again() { if (this.shown) this.draw(this.shown); }

  /** @param {Shown} shown */
  draw(shown) {
    this.shown = shown;
    const all = clientsOf(this.ctx, shown.view);
    const client = all.find(c => c.name === this.hand.name) ?? null;
    render(this.panel(all, client), this.root);
    const printed = client?.state.output.at(-1)?.number ?? 0;
    if (`${client?.name} ${printed}` !== this.printed) {
      this.printed = `${client?.name} ${printed}`;
      const screen = /** @type {any} */ (this.root.querySelector('.z-screen'));
      if (screen) screen.scrollTop = screen.scrollHeight;
    }
  }

  /** @param {import('./values.js').ZkClient[]} all @param {import('./values.js').ZkClient|null} client */
  panel(all, client) {
    const {t} = this.ctx.i18n;
    const may = this.hand.may();
    return html`${this.head(all, client)}
      <div class="z-screen" role="log" tabindex="0" aria-label=${t('zk.shell.output')} @click=${() => this.focus()}>${this.lines(client)}</div>
      ${this.offers.length > 1 ? html`<ul class="z-offers" role="list" aria-label=${t('zk.shell.offers')}>${this.offers.slice(0, 40).map(word => html`<li><button type="button" class="p-link"
        @click=${() => this.complete(word)}>${word}</button></li>`)}</ul>` : nothing}
      ${this.input(client, may)}
      ${this.problem ? html`<p class="z-problem" role="alert">${this.problem}</p>` : nothing}
      ${this.tools(client)}
      ${this.help()}`;
  }

  /** @param {import('./values.js').ZkClient[]} all @param {import('./values.js').ZkClient|null} client */
  head(all, client) {
    const {t} = this.ctx.i18n;
    const mine = all.filter(c => !c.outside);
    const choose = (/** @type {any} */ e) => { this.hand.name = e.target.value; this.again(); };
    const state = client ? t(`zk.phase.${client.phase}`, {server: client.server}) : t('zk.shell.new');
    return html`<div class="z-server"><label>${t('zk.shell.client')} <select class="p-select" @change=${choose}>
        <option value="" .selected=${!client}>${t('zk.shell.own')}</option>${mine.map(c => html`<option value=${c.name} .selected=${c.name === client?.name}>${c.name}</option>`)}</select></label>
      ${client?.session ? html`<span class="z-kind ephemeral ${colourOf(client.session)}" aria-hidden="true"></span>` : nothing}<span class="z-lag">${state}</span>
      <span class="p-spacer"></span>${wider(this.ctx)}</div>`;
  }

  /** @param {import('./values.js').ZkClient|null} client */
  lines(client) {
    const {t} = this.ctx.i18n;
    const output = client?.state.output ?? [];
    if (!output.length) return html`<p class="z-greeting">${t('zk.shell.greeting')}</p>`;
    return html`${output.map((/** @type {any} */ line) => html`<div class=${line.text.startsWith('[zk: ') ? 'z-typed' : /^WATCHER|^WatchedEvent/.test(line.text) ? 'z-event' : ''}>${line.text || ' '}</div>`)}
      ${client?.state.lines.map((/** @type {string} */ line) => html`<div class="z-waits">… ${line}</div>`)}
      ${client?.state.typing ? html`<div class="z-waits">${t(this.ctx.playhead.playing ? 'zk.shell.waits' : 'zk.shell.waits.paused')}</div>` : nothing}`;
  }

  /** @param {import('./values.js').ZkClient|null} client @param {true|string} may */
  input(client, may) {
    const {t} = this.ctx.i18n;
    if (may !== true) return html`<p class="p-aside">${t('zk.readonly')} ${t(may)}</p>`;
    const state = client?.state;
    const prompt = state ? `[zk: ${client.server}(${state.shell.closed ? 'CLOSED' : client.phase === 'connected' ? 'CONNECTED' : 'CONNECTING'}) ${state.shell.count}]` : '[zk]';
    return html`<form class="z-line" @submit=${(/** @type {Event} */ e) => { e.preventDefault(); this.enter(); }}><label for="z-line">${prompt}</label>
      <input id="z-line" autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="send" maxlength="300"
        aria-label=${t('zk.shell.line')} @keydown=${(/** @type {KeyboardEvent} */ e) => this.key(e)} @input=${() => this.forgetOffers()}>
      <button type="submit" class="p-button primary" aria-label=${t('zk.shell.run')}>↵</button></form>`;
  }

  /** @returns {HTMLInputElement|null} */
  get field() { return this.root.querySelector('#z-line'); }

  focus() { if (!getSelection()?.toString()) this.field?.focus(); }

  forgetOffers() {
    if (!this.offers.length && !this.problem) return;
    this.offers = [];
    this.problem = '';
    this.again();
  }

  async enter() {
    const {field} = this;
    const line = field?.value.trim();
    if (!field || !line) return;
    Object.assign(this, {back: 0, draft: '', offers: [], problem: ''});
    this.typed.push(line);
    field.value = '';
    try {
      await this.hand.line(line);
    } catch (error) {
      field.value = line;
      this.problem = this.ctx.actions.explain(error);
    }
    this.again();
    field.focus();
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    e.stopPropagation();
    if (e.key === 'Tab' && !e.shiftKey && this.field?.value) {
      e.preventDefault();
      this.offer();
    } else if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
      e.preventDefault();
      this.recall(e.key === 'ArrowUp' ? 1 : -1);
    } else if (e.key === 'Escape') this.forgetOffers();
  }

  /** What this client's shell remembers, or what was typed here. */
  get history() {
    const client = clientsOf(this.ctx, this.shown?.view ?? null).find(c => c.name === this.hand.name);
    return client?.state.shell.history.length ? client.state.shell.history : this.typed;
  }

  /** @param {number} n */
  recall(n) {
    const {field, history} = this;
    if (!field) return;
    if (this.back === 0) this.draft = field.value;
    this.back = Math.max(0, Math.min(history.length, this.back + n));
    field.value = this.back ? history[history.length - this.back] : this.draft;
  }

  async offer() {
    const {field, ctx} = this;
    if (!field) return;
    const line = field.value.slice(0, field.selectionStart ?? undefined);
    const client = clientsOf(ctx, this.shown?.view ?? null).find(c => c.name === this.hand.name);
    const query = new URLSearchParams({line, server: client?.server ?? leaderOf(ctx, this.shown?.view ?? null)});
    /** @type {string[]} */
    const words = await ctx.store.fetchJson(`${ctx.store.branchUrl(ctx.store.branch)}/znodes/completion?${query}`).catch(() => []);
    const shared = words.length ? words.reduce(common) : '';
    const last = line.slice(line.lastIndexOf(' ') + 1);
    this.offers = words.length > 1 ? words : [];
    if (words.length === 1) this.complete(words[0]);
    else if (shared.length > last.length) this.complete(shared, false);
    this.again();
  }

  /** @param {string} word @param {boolean} [whole] */
  complete(word, whole = true) {
    const {field} = this;
    if (!field) return;
    const at = field.selectionStart ?? field.value.length;
    const before = field.value.slice(0, at);
    const start = before.slice(0, before.lastIndexOf(' ') + 1) + word + (whole && !word.startsWith('/') ? ' ' : '');
    field.value = start + field.value.slice(at);
    field.setSelectionRange(start.length, start.length);
    if (whole) this.offers = [];
    this.again();
    field.focus();
  }

  /** @param {import('./values.js').ZkClient|null} client */
  tools(client) {
    const {t} = this.ctx.i18n;
    if (!client?.state.output.length) return nothing;
    const copy = () => navigator.clipboard?.writeText(client.state.output.map((/** @type {any} */ line) => line.text).join('\n')).catch(() => {});
    return html`<div class="z-actions"><button type="button" class="p-button" @click=${() => this.showLast(client.name)}>${t('zk.shell.show')}</button>
      <button type="button" class="p-button" @click=${copy}>${t('zk.shell.copy')}</button></div>`;
  }

  /** The last line's request, a write if it made one, slowly on the stage. @param {string} name */
  async showLast(name) {
    const {store, journey, i18n} = this.ctx;
    const head = this.shown?.seq ?? store.head;
    const events = store.range(Math.max(1, head - 6000), head).filter((/** @type {any} */ e) => e.node === name);
    const began = events.findLastIndex((/** @type {any} */ e) => e.why.some((/** @type {any} */ [rule, data]) => rule === 'program-begins' && data.name === 'zk'));
    const calls = events.slice(Math.max(0, began)).filter((/** @type {any} */ e) => e.kind === 'send' && e.body[1] === 'Call');
    const call = calls.find((/** @type {any} */ e) => WRITES.has(e.body[2].operation.op)) ?? calls[0];
    if (!call) {
      this.problem = i18n.t('zk.shell.nothing');
      return this.again();
    }
    return journey.follow(call.seq, true);
  }

  help() {
    const {t} = this.ctx.i18n;
    const put = (/** @type {string} */ text) => () => { if (this.field) { this.field.value = text; this.field.focus(); } };
    return html`<details class="z-help"><summary>${t('zk.shell.help')}</summary><p class="p-aside">${t('zk.shell.keys')}</p>
      <dl>${Object.entries(HELPED).map(([name, form]) => html`<div><dt><button type="button" class="p-link" @click=${put(form)}><code>${form}</code></button></dt><dd>${t(`zk.cmd.${name}`)}</dd></div>`)}</dl></details>`;
  }
}

/** What two words begin with. @param {string} a @param {string} b */
function common(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a.slice(0, at);
}
