/** A student's page: the question, the node that it plays, hands and questions, and the way out to explore and back. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { inWords, nameOf } from './model.js';
import { asked, counted, raised, results } from './question.js';

export class StudentView {
  /** @param {any} desk what the page's parts share */
  constructor(desk) {
    this.desk = desk;
    this.writing = false;
    this.naming = false;
    this.draft = '';
  }

  template() {
    const { model } = this.desk;
    if (!model.everybody || !model.you) return nothing;
    if (model.everybody.ended) return html`<section class="k-card"><h2 role="status">${this.desk.ctx.i18n.t('class.over')}</h2><p class="k-note">${this.desk.ctx.i18n.t('class.over.text')}</p></section>`;
    return html`${this.question()}${this.play()}${this.hand()}${this.bar()}`;
  }

  // -- the question ------------------------------------------------------------------------------------------

  question() {
    const { model, ctx } = this.desk;
    const q = model.question;
    if (!q) return nothing;
    const { t } = ctx.i18n;
    const own = model.answer;
    return html`<section class="k-card k-asked">${asked(q, ctx.i18n)}
      ${q.phase === 'revealed' ? html`${this.verdict(q, own)}${results(q, ctx.i18n, own)}`
        : html`${q.phase === 'open' ? this.ways(q, own) : nothing}
          <p class="k-note">${t(q.phase === 'open' ? 'class.question.open' : 'class.question.closed')}</p>
          ${own ? html`<p class="k-own" role="status">${t('class.question.yours', { value: inWords(q, own) })}</p>` : nothing}
          ${counted(q, ctx.i18n)}`}
    </section>`;
  }

  /** @param {any} q @param {string} own */
  verdict(q, own) {
    const { t } = this.desk.ctx.i18n;
    if (!own) return html`<p class="k-verdict" role="status">${t('class.question.none')}</p>`;
    if (q.truth === null) return nothing;
    const right = own === q.truth;
    return html`<p class="k-verdict ${right ? 'right' : 'wrong'}" role="status">${t(right ? 'class.question.right' : 'class.question.wrong')}</p>`;
  }

  /** @param {any} q @param {string} own */
  ways(q, own) {
    if (q.kind === 'number') return this.number();
    const { ctx } = this.desk;
    const { t } = ctx.i18n;
    const values = /** @type {string[]} */ (q.kind === 'choices' ? q.choices.map((/** @type {string} */ _, /** @type {number} */ i) => String(i)) : q.kind === 'node' ? this.desk.model.everybody.nodes
      : Object.keys(ctx.playhead.shown.view?.messages ?? {}));
    const hint = q.kind === 'choices' ? '' : t(q.kind === 'message' && !values.length ? 'class.question.message.none' : `class.question.${q.kind}`);
    return html`${hint ? html`<p class="k-note">${hint}</p>` : nothing}
      <div class="k-ways ${q.kind}" role="group" aria-label=${q.text}>${values.map((value) => html`
        <button type="button" class="k-way" aria-pressed=${String(value === own)} @click=${() => this.desk.answer(value)}>${q.kind === 'message' ? this.message(value) : inWords(q, value)}</button>`)}</div>`;
  }

  /** @param {string} id */
  message(id) {
    const m = this.desk.ctx.playhead.shown.view?.messages[id];
    return m ? `${m.type} ${m.src} → ${m.dst}` : `#${id}`;
  }

  number() {
    const { t } = this.desk.ctx.i18n;
    const send = (/** @type {Event} */ e) => {
      e.preventDefault();
      this.desk.answer(String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get('number') ?? ''));
    };
    return html`<form class="k-row" @submit=${send}><input name="number" required type="number" step="any" inputmode="decimal" aria-label=${t('class.question.number')}>
      <button class="k-button primary">${t('class.question.send')}</button></form>`;
  }

  // -- playing a node ----------------------------------------------------------------------------------------

  play() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    if (!model.everybody.plays) return nothing;
    const { node } = model.you;
    if (!node) return this.nodes();
    const view = this.desk.head();
    const broken = Object.entries(view?.laws ?? {}).find(([, seq]) => seq);
    const down = view?.nodes[node]?.status === 'crashed';
    return html`<section class="k-card k-play" aria-labelledby="k-play"><div class="k-head"><h2 id="k-play">${t('class.play.you', { node })}</h2>
        <button type="button" class="k-button" @click=${() => this.desk.act(down ? 'restart' : 'crash')}>${t(down ? 'class.play.restart' : 'class.play.crash')}</button></div>
      ${broken ? html`<p class="k-alarm" role="alert">${t('class.play.broken', { law: t(`law.${broken[0]}`) })}</p>` : nothing}
      ${down ? html`<p class="k-note">${t('class.play.down', { node })}</p>` : this.inbox(view, node)}
      <button type="button" class="k-quiet" @click=${() => this.desk.say('claim')}>${t('class.play.leave', { node })}</button></section>`;
  }

  nodes() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const { nodes, players } = model.everybody;
    return html`<section class="k-card k-play" aria-labelledby="k-play"><h2 id="k-play">${t('class.play')}</h2><p class="k-note">${t('class.play.text')}</p>
      <div class="k-ways node">${nodes.map((/** @type {string} */ node) => html`<button type="button" class="k-way" ?disabled=${node in players}
        @click=${() => this.desk.say('claim', { node })}>${node}${node in players ? html` <small>${t('class.play.taken', { name: nameOf(players[node], ctx.i18n) })}</small>` : nothing}</button>`)}</div></section>`;
  }

  /** @param {any} view @param {string} node */
  inbox(view, node) {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const ways = model.everybody.ways ?? {};
    const waiting = Object.values(view?.messages ?? {}).filter((m) => m.dst === node && m.held && ways[m.service]?.[m.type]);
    if (!waiting.length) return html`<p class="k-note" role="status">${t('class.play.empty')}</p>`;
    return html`<ol class="k-inbox" role="list" aria-label=${t('class.play.inbox')}>${waiting.map((m) => html`<li>
      <p><b>${t('class.play.from', { type: m.type, node: m.src })}</b> <span class="k-fields">${ctx.lenses.of(m.service).describeMessage(m, ctx.i18n)}</span></p>
      ${this.answers(ways[m.service][m.type], m.id)}</li>`)}</ol>`;
  }

  /** What the protocol would do, and behind a door the known bugs, of which the laws shall judge. @param {string[]} names @param {number} id */
  answers(names, id) {
    const { i18n } = this.desk.ctx;
    const button = (/** @type {string} */ way, /** @type {string} */ words, style = '') => html`<button type="button" class="k-button ${style}" @click=${() => this.desk.act(way, id)}>${words}</button>`;
    const known = (/** @type {string} */ way) => i18n.has(`class.play.${way}`);
    const wrong = names.filter((way) => !known(way));
    return html`<div class="k-row">${names.filter(known).map((way) => button(way, i18n.t(`class.play.${way}`), 'primary'))}${button('ignore', i18n.t('class.play.ignore'))}</div>
      ${wrong.length ? html`<details><summary>${i18n.t('class.play.wrong')}</summary><div class="k-row">${wrong.map((way) => button(way, i18n.t(`mutant.${way}`), 'wrong'))}</div></details>` : nothing}`;
  }

  // -- hands -------------------------------------------------------------------------------------------------

  hand() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const { written } = model.you;
    const send = async (/** @type {Event} */ e) => {
      e.preventDefault();
      const form = /** @type {HTMLFormElement} */ (e.target);
      const text = String(new FormData(form).get('text') ?? '');
      if (!await this.desk.say('write', { text })) return;
      form.reset();
      this.writing = false;
      this.desk.draw();
    };
    if (!this.writing && !written.length && !this.naming) return nothing;
    return html`<section class="k-card k-hands">${this.naming ? this.rename() : nothing}
      ${this.writing ? html`<form class="k-write" @submit=${send}><textarea name="text" rows="2" maxlength="300" required aria-label=${t('class.write')} placeholder=${t('class.write.placeholder')}></textarea>
        <div class="k-row"><button class="k-button primary">${t('class.write.send')}</button><button type="button" class="k-button" @click=${() => this.toggle('writing')}>${t('class.cancel')}</button></div></form>` : nothing}
      ${written.length ? html`<ul class="k-written" role="list">${written.map((/** @type {any} */ w) => html`<li class=${w.done ? 'done' : ''}><span>${w.text}</span> <small>${t(w.done ? 'class.write.done' : 'class.write.waiting')}</small></li>`)}</ul>` : nothing}
    </section>`;
  }

  rename() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const send = async (/** @type {Event} */ e) => {
      e.preventDefault();
      const name = String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get('name') ?? '');
      if (await this.desk.say('rename', { name })) this.toggle('naming');
    };
    return html`<form class="k-row" @submit=${send}><input name="name" maxlength="24" required .value=${model.you.name} aria-label=${t('join.name')}>
      <button class="k-button primary">${t('class.save')}</button></form>`;
  }

  /** @param {'writing'|'naming'} what */
  toggle(what) {
    this[what] = !this[what];
    this.desk.draw();
    if (this[what]) this.desk.root.querySelector(what === 'writing' ? 'textarea' : '.k-hands input')?.focus();
  }

  bar() {
    const { model, ctx, follower } = this.desk;
    const { t } = ctx.i18n;
    const { everybody: e, you } = model;
    const out = follower?.exploring;
    const state = model.drives ? t('class.driver.you') : out ? t('class.follow.no') : !e.lead ? t('class.lead.away')
      : e.driver ? t('class.driver.other', { name: nameOf(e.driver, ctx.i18n) }) : t('class.follow.yes');
    return html`<div class="k-bar-bottom">
      <p class="k-me"><button type="button" class="k-name" title=${t('class.rename')} @click=${() => this.toggle('naming')}>${you.name}</button> <span class="k-state ${out ? 'out' : ''}" role="status">${state}</span></p>
      <div class="k-row">
        ${model.drives ? nothing : out ? html`<button type="button" class="k-button primary" title=${t('class.return.key')} @click=${() => follower.back()}>${t('class.return')}</button>`
          : html`<button type="button" class="k-button" @click=${() => follower?.explore()}>${t('class.explore')}</button>`}
        <button type="button" class="k-button" aria-pressed=${String(you.hand)} @click=${() => this.desk.say('hand', { up: !you.hand })}>${raised} ${t(you.hand ? 'class.hand.down' : 'class.hand.up')}</button>
        <button type="button" class="k-button" aria-expanded=${String(this.writing)} @click=${() => this.toggle('writing')}>${t('class.write')}</button>
      </div></div>`;
  }
}
