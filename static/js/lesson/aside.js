/** In a room that was opened from a lesson: the challenge with its hints and its verdict, and the way back. */

import {BASE} from '../core/base.js';
import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {fetchJson} from '../home/api.js';
import {progress} from './progress.js';
import {addressOf, fetchLesson, openRoom} from './source.js';
import {plain} from './words.js';

/** How often the server is asked whether the goal is reached. */
const ASK = 1000;

class Aside {
  /** @param {any} ctx @param {import('./source.js').Lesson} lesson @param {string} step @param {boolean} challenge */
  constructor(ctx, lesson, step, challenge) {
    this.ctx = ctx;
    this.lesson = lesson;
    this.step = lesson.steps.find(s => s.id === step) ?? lesson.steps[0];
    this.challenge = challenge ? this.step.challenge : null;
    this.hints = 0;
    this.folded = false;
    this.problem = '';
    /** @type {{reached: boolean, given: number, problem: string}} */
    this.verdict = {reached: false, given: 0, problem: ''};
    this.root = document.createElement('section');
    this.root.className = 'la';
    const stage = /** @type {HTMLElement} */ (document.getElementById('stage'));
    stage.before(this.root);
    stage.parentElement?.classList.add('with-lesson');
    ctx.i18n.subscribe(() => this.draw());
    this.draw();
    if (this.challenge) this.ask();
    if (this.challenge && 'zookeeper' in ctx.store.services) this.lend();
  }

  /** The shell is at first that of a client of the lesson: the task speaks of it, and another one would have to join. */
  async lend() {
    const {handOf} = await import('../zookeeper/hand.js');
    const hand = handOf(this.ctx);
    hand.name ||= hand.candidates()[0]?.name ?? '';
    this.ctx.playhead.changed({all: true});
  }

  get t() { return this.ctx.i18n.t; }

  /** @param {import('./source.js').Said} said */
  words(said) {
    return plain(said[/** @type {'en'|'zh'} */ (this.ctx.i18n.lang())]);
  }

  async ask() {
    const {store, connection} = this.ctx;
    const query = new URLSearchParams({room: store.room?.id ?? '', branch: store.branch});
    try {
      if (connection.state === 'open' && store.room) {
        this.verdict = await fetchJson(`${addressOf(this.lesson.name)}/steps/${this.step.id}/verdict?${query}`);
        this.problem = '';
        if (this.verdict.reached) progress.solve(this.lesson.name, this.step.id);
      }
    } catch (error) {
      const refused = /** @type {any} */ (error);
      this.problem = refused.code ? refused.message : '';
    }
    this.draw();
    if (!this.verdict.reached) setTimeout(() => this.ask(), ASK);
  }

  async anew() {
    try {
      location.href = await openRoom(this.lesson.name, {step: this.step.id}, {challenge: true, show: this.lesson.services.length > 1 ? this.step.show : []});
    } catch (error) {
      const refused = /** @type {any} */ (error);
      this.problem = refused.message;
      this.draw();
    }
  }

  draw() {
    const {t} = this;
    this.root.setAttribute('aria-label', t(this.challenge ? 'lesson.challenge' : 'lesson.return'));
    this.root.classList.toggle('met', this.verdict.reached);
    const back = html`<a class="la-back" href=${`${BASE}/lessons/${this.lesson.name}#${this.step.id}`}>← ${t('lesson.return')}</a>`;
    render(this.challenge ? this.task(this.challenge, back) : html`<div class="la-row">${back}<p>${t('lesson.free')}</p></div>`, this.root);
    this.ctx.playhead.changed({size: true});
  }

  /** @param {import('./source.js').Challenge} challenge @param {any} back */
  task(challenge, back) {
    const {t, verdict} = this;
    const given = challenge.most ? t('lesson.challenge.given.most', {given: verdict.given, most: challenge.most}) : t('lesson.challenge.given', {given: verdict.given});
    const state = verdict.reached ? html`<b class="la-met">${t('lesson.challenge.done')}</b> ${this.words(challenge.done)}` : html`<b>${t('lesson.challenge')}:</b> ${this.words(challenge.task)}`;
    return html`<div class="la-row">${back}<p class="la-task" role="status">${state}</p>
        <button type="button" class="la-fold" aria-expanded=${!this.folded} @click=${() => { this.folded = !this.folded; this.draw(); }}>${t(this.folded ? 'lesson.challenge.unfold' : 'lesson.challenge.fold')}</button></div>
      ${this.folded ? nothing : html`<div class="la-row la-more">
        <span class="la-given">${given}</span>
        ${this.hints <= challenge.hints.length && !verdict.reached ? html`<button type="button" @click=${() => { this.hints++; this.draw(); }}>${t(this.hints === 0 ? 'lesson.challenge.hint' : this.hints < challenge.hints.length ? 'lesson.challenge.hint.next' : 'lesson.challenge.solution')}</button>` : nothing}
        <button type="button" @click=${() => this.anew()}>${t('lesson.challenge.anew')}</button>
        ${verdict.problem || this.problem ? html`<span class="la-problem" role="alert">${verdict.problem || this.problem}</span>` : nothing}
      </div>
      ${this.hints && !verdict.reached ? html`<ol class="la-hints">${challenge.hints.slice(0, this.hints).map(hint => html`<li>${this.words(hint)}</li>`)}
        ${this.hints > challenge.hints.length ? html`<li>${challenge.solution.map(part => html`<span class="la-do">${part.when ? t('lesson.challenge.when', {when: part.when}) : part.after && part.after !== '0ms' ? t('lesson.challenge.after', {after: part.after}) : nothing} <code>${part.do.join('; ')}</code></span>`)}</li>` : nothing}</ol>` : nothing}`}`;
  }
}

/** @param {any} ctx @param {URLSearchParams} query */
export async function mountAside(ctx, query) {
  const style = document.createElement('link');
  Object.assign(style, {rel: 'stylesheet', href: `${BASE}/static/css/lessonaside.css`});
  document.head.append(style);
  const [lesson] = await Promise.all([fetchLesson(query.get('lesson') ?? ''), ctx.i18n.more('lessons'), new Promise(done => { style.onload = style.onerror = done; })]);
  return new Aside(ctx, lesson, query.get('step') ?? '', query.has('challenge'));
}
