/** The ledger in words and signs, below the two stores: who was answered, who was refused, who was lied to; and BASE's three words. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { serviceName } from '../core/words.js';
import { count, Ledger, since, verdict } from './ledger.js';
import { copies, unrest } from './soft.js';

/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('./ledger.js').Operation} Operation */

const AVAILABLE = 'quorum';
const KEY = 'x';
const LATEST = 5;

/** @param {any} ctx @returns {(shown: Shown) => any} */
export function told(ctx) {
  const { services } = ctx.store;
  const names = Object.keys(services).filter((name) => !services[name].server);
  const ledger = new Ledger(names, Object.fromEntries(names.map((name) => [services[name].client, name])));
  return (shown) => {
    ledger.take(ctx.store.range(ledger.seq + 1, ctx.store.head));
    return new Told(ctx, ledger, shown).all();
  };
}

class Told {
  /** @param {any} ctx @param {Ledger} ledger @param {Shown} shown */
  constructor(ctx, ledger, shown) {
    this.ctx = ctx;
    this.ledger = ledger;
    this.view = /** @type {import('../types.js').View} */ (shown.view);
    this.time = shown.time;
    this.network = since(ledger, shown.time);
  }

  /** @param {string} key @param {Record<string, any>} [params] @returns {string} */
  t(key, params) {
    return this.ctx.i18n.t(`cap.${key}`, params);
  }

  all() {
    return html`<div class="k-ledgers">${this.ledger.services.map((service) => this.store(service))}</div>${this.base()}`;
  }

  // -- who ---------------------------------------------------------------------------------------------------

  /** @param {string} service */
  store(service) {
    const clients = Object.keys(this.view.nodes).filter((id) => this.view.nodes[id].client);
    const own = this.ledger.operations.filter((o) => o.service === service);
    return html`<section class="k-ledger" data-service=${service} aria-label=${serviceName(this.ctx, service)}>
      <h3>${serviceName(this.ctx, service)} <span>${this.t(this.gives(service))}</span></h3>
      <table class="f-table"><thead><tr><td></td>${COLUMNS.map((name) => html`<th scope="col">${this.t(`col.${name}`)}</th>`)}</tr></thead>
        <tbody>${clients.map((client) => this.client(client, own.filter((o) => o.client === client), own))}</tbody></table></section>`;
  }

  /** What it gives up: a quorum store has the choice. @param {string} service */
  gives(service) {
    if (service !== AVAILABLE) return 'gives.availability';
    return this.ctx.store.services[service].options.sloppy ? 'gives.consistency' : 'gives.strict';
  }

  /** @param {string} client @param {Operation[]} mine @param {Operation[]} all */
  client(client, mine, all) {
    const counts = count(mine, this.time, all);
    const latest = mine.filter((o) => o.asked <= this.time).slice(-LATEST);
    return html`<tr><th scope="row">${client}</th><td class="k-good">${counts.answered + counts.late}</td><td class=${counts.refused ? 'k-bad' : ''}>${counts.refused}</td>
      <td class=${counts.lied ? 'k-lied' : ''}>${counts.lied}</td></tr>
      <tr><td colspan="4"><ol class="k-asked" role="list">${latest.map((o) => this.asked(o, all))}</ol></td></tr>`;
  }

  /** One operation and what became of it. @param {Operation} o @param {Operation[]} all */
  asked(o, all) {
    const how = verdict(o, this.time, all);
    const params = { key: o.key, value: o.value, results: o.results.join(', ') || '–', span: this.ctx.i18n.span(Math.min(o.ended, this.time) - o.asked) };
    const ended = o.ended <= this.time;
    const what = o.op === 'put' ? `${o.key} = ${o.value}` : ended && o.outcome === 'ok' ? `${o.key} → ${params.results}` : `${o.key} → ?`;
    return html`<li class="k-${how}" title=${this.t(`is.${how}`, params)}><span aria-hidden="true">${SIGNS[how]}</span> ${what}${SLOW.has(how) ? ` · ${params.span}` : ''}
      <span class="hidden">${this.t(`is.${how}`, params)}</span></li>`;
  }

  // -- basically available, soft state, eventually consistent ------------------------------------------------

  base() {
    const held = copies(this.view, AVAILABLE, KEY);
    const now = unrest(held);
    const { cut, broken, healed } = this.network;
    const recent = this.ledger.operations.filter((o) => o.service === AVAILABLE && o.asked >= Math.max(0, cut));
    const counts = count(recent, this.time, this.ledger.operations.filter((o) => o.service === AVAILABLE));
    const ended = counts.asked - counts.waits;
    const notes = this.ledger.notes.filter((n) => n.time <= this.time && n.time >= Math.max(0, healed));
    const happened = (/** @type {string} */ what) => notes.filter((n) => n.what === what).length;
    const equal = now.states <= 1;
    const state = !held.length ? 'nothing' : equal ? 'equal' : broken ? 'apart' : 'healing';
    return html`<div class="k-base">
      ${this.card('ba', this.t('ba.is', { answered: ended - counts.refused, asked: ended }), this.t(cut < 0 ? 'ba.so-far' : 'ba.since-cut'))}
      ${this.card('s', this.t('s.is', { hints: now.hints }), html`<ul class="k-copies" role="list">${held.map((copy) => html`<li class=${copy.up ? '' : 'down'}><b>${copy.node}</b>
        ${copy.values.map((value) => html`<i>${value}</i>`)} ${copy.hints.length ? this.t('s.for', { homes: copy.hints.join(', ') }) : nothing}</li>`)}</ul>`)}
      ${this.card('e', this.t(`e.${state}`, { states: now.states, copies: held.length }), html`${now.siblings.length ? this.t('e.merge', { values: now.siblings.join(this.ctx.i18n.comma) }) : nothing}
        ${healed >= 0 && !broken ? this.t('e.healed', { home: happened('home'), exchanged: happened('exchanged') + happened('repaired'), replaced: happened('replaced') }) : nothing}`, equal ? 'k-good' : 'k-bad')}
    </div>`;
  }

  /** @param {string} word @param {any} now @param {any} more @param {string} [how] */
  card(word, now, more, how = '') {
    return html`<section class="k-card"><h3>${this.t(word)}</h3><p class="k-means">${this.t(`${word}.means`)}</p><p class="k-now ${how}">${now}</p><div class="k-more">${more}</div></section>`;
  }
}

const COLUMNS = ['answered', 'refused', 'lied'];
/** What took so long that it says how long. */
const SLOW = new Set(['late', 'refused']);
/** A sign besides the colour. @type {Record<string, string>} */
const SIGNS = { waits: '…', answered: '✓', late: '✓', refused: '⊘', lied: '✗' };
