/** The words under the stage: what a step says, asks and wants done, and the way through the lesson. */

import {BASE} from '../core/base.js';
import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {plain, said} from './words.js';
import {progress} from './progress.js';
import {openRoom} from './source.js';

/** @typedef {import('./source.js').Choice} Choice */
/** @typedef {import('./source.js').Said} Said */
/** @typedef {import('./player.js').Player} Player */

export class Card {
  /** @param {HTMLElement} root @param {any} ctx @param {() => Player} player */
  constructor(root, ctx, player) {
    this.root = root;
    this.ctx = ctx;
    this.player_ = player;
    this.problem = '';
    this.notice = '';
    this.busy = false;
  }

  get player() { return this.player_(); }
  get t() { return this.ctx.i18n.t; }
  /** @returns {'en'|'zh'} */
  get lang() { return this.ctx.i18n.lang(); }

  /** @param {Said} words */
  words(words) {
    return said(words[this.lang], this.ctx, this.ctx.spotlight);
  }

  draw() {
    const {player, t} = this;
    const {step, phase} = player;
    const asked = phase === 'ask';
    const after = phase === 'done' && step.after[this.lang].length > 0;
    const answered = phase === 'done' && step.predict ? this.answered() : nothing;
    render(html`
      <div class="l-words" aria-live="polite" aria-atomic="true">
        ${asked && step.predict ? html`<p class="l-kind">${t('lesson.predict')}</p><p class="l-caption">${this.words(step.predict.question)}</p>`
          : html`<p class="l-caption">${this.words(after ? step.after : step.caption)}</p>`}
        ${answered}
      </div>
      ${asked ? this.question() : nothing}
      ${phase === 'done' && step.challenge ? this.challenge() : nothing}
      ${phase === 'done' && player.isLast ? this.farewell() : nothing}
      ${this.problem ? html`<p class="l-problem" role="alert">${this.problem}</p>` : nothing}
      ${this.notice ? html`<p class="l-notice" role="status">${this.notice}</p>` : nothing}
      ${this.bar()}`, this.root);
    this.root.dataset.phase = phase;
  }

  // -- predictions -------------------------------------------------------------------------------------------

  /** @param {Choice} choice */
  label(choice) {
    return plain(choice.words[this.lang]);
  }

  question() {
    const {player, t} = this;
    const choices = player.step.predict?.choices ?? [];
    return html`<div class="l-choices" role="group" aria-label=${t('lesson.predict')}>
        ${choices.map((choice, i) => html`<button type="button" class="l-choice" data-choice=${choice.id} @click=${() => player.choose(choice.id)}><kbd aria-hidden="true">${i + 1}</kbd> ${this.label(choice)}</button>`)}
      </div>
      <p class="l-aside">${choices.some(c => c.endpoint) ? html`<span>${t('lesson.predict.node')}</span>` : nothing}
        <button type="button" class="l-quiet" @click=${() => player.peek()}>${t('lesson.predict.skip')}</button></p>`;
  }

  /** How the guess came out, and why. */
  answered() {
    const {player, t} = this;
    const predict = /** @type {import('./source.js').Predict} */ (player.step.predict);
    const chosen = predict.choices.find(c => c.id === player.answer);
    const right = chosen?.id === predict.answer;
    const answer = this.label(/** @type {Choice} */ (predict.choices.find(c => c.id === predict.answer)));
    const verdict = !chosen ? t('lesson.predict.was', {choice: answer}) : right ? t('lesson.predict.right') : t('lesson.predict.wrong', {choice: answer});
    return html`<div class="l-answer ${chosen ? (right ? 'right' : 'wrong') : ''}">
      <p>${chosen ? html`<span class="l-said">${t('lesson.predict.said', {choice: this.label(chosen)})}</span> ` : nothing}<b>${verdict}</b>
        ${chosen && !right ? this.words(chosen.why) : nothing} ${this.words(predict.reveal)}
        <button type="button" class="l-quiet" @click=${() => player.askAgain()}>${t('lesson.predict.change')}</button></p></div>`;
  }

  // -- challenges --------------------------------------------------------------------------------------------

  challenge() {
    const {player, t} = this;
    const {challenge, id} = player.step;
    if (!challenge) return nothing;
    const solved = progress.of(player.lesson.name).solved.includes(id);
    const bounds = [challenge.allow.length ? t('lesson.challenge.allow', {allow: challenge.allow}) : '', challenge.most ? t('lesson.challenge.most', {most: challenge.most}) : ''];
    return html`<section class="l-challenge ${solved ? 'solved' : ''}" aria-label=${t('lesson.challenge')}>
      <p class="l-kind">${t('lesson.challenge')}</p>
      <p class="l-task">${this.words(challenge.task)} <span class="l-bounds">${bounds.filter(Boolean).join(' ')}</span></p>
      ${solved ? html`<p class="l-solved"><b>${t('lesson.challenge.solved')}</b> ${this.words(challenge.done)}</p>` : nothing}
      <p><button type="button" class="l-button ${solved ? '' : 'primary'}" aria-busy=${this.busy} @click=${() => this.leave(true)}>${t(solved ? 'lesson.challenge.anew' : 'lesson.challenge.start')}</button></p>
    </section>`;
  }

  /** To a room of one's own: for the challenge, or at the shown moment to do as one likes. @param {boolean} challenge */
  async leave(challenge) {
    if (this.busy) return;
    const {player, ctx} = this;
    const {seq, time} = ctx.playhead.shown;
    this.busy = true;
    this.problem = '';
    this.draw();
    try {
      const at = challenge ? {step: player.step.id} : {step: player.step.id, seq, time: Math.floor(time)};
      location.href = await openRoom(player.lesson.name, at, {challenge, show: player.lesson.services.length > 1 ? player.step.show : []});
    } catch (error) {
      const refused = /** @type {any} */ (error);
      this.problem = refused.code ? refused.message : this.t('lesson.failed');
    }
    this.busy = false;
    this.draw();
  }

  farewell() {
    const {t} = this;
    const {after} = document.body.dataset;
    return html`<p class="l-farewell">${t('lesson.done')} ${after ? html`<a href=${`${BASE}/lessons/${after}`}>${t('lesson.done.next')} →</a>` : nothing} <a href=${`${BASE}/lessons`}>${t('lesson.contents')}</a></p>`;
  }

  // -- the bar -----------------------------------------------------------------------------------------------

  bar() {
    const {player, t} = this;
    const {phase, at, lesson} = player;
    const main = phase === 'ready' ? 'lesson.play' : phase === 'playing' ? 'lesson.skip' : 'lesson.next';
    const over = phase === 'done' && player.isLast;
    const moving = phase === 'playing';
    return html`<div class="l-bar" role="toolbar" aria-label=${t('lesson.steps')}>
      <div class="l-ways">
        ${round('lesson.back', 'M11.8 4.8 6.6 10l5.2 5.2', () => player.back(), t, at === 0 && player.still(player.step))}
        ${moving ? round(player.paused ? 'lesson.resume' : 'lesson.pause', player.paused ? PLAY : PAUSE, () => player.toggle(), t)
          : round('lesson.replay', REPLAY, () => player.replay(), t, player.still(player.step) || phase === 'ask')}
        <button type="button" class="l-round l-pace" aria-label="${t('stage.pace')} ${player.pace}×" title=${t('stage.pace')} @click=${() => player.changePace()}>${player.pace === 0.5 ? '½' : player.pace}×</button>
      </div>
      <ol class="l-dots" role="list">${lesson.steps.map((step, i) => this.dot(step, i))}</ol>
      <span class="l-count">${at + 1} / ${lesson.steps.length}</span>
      <button type="button" class="l-button l-leave" title=${t('lesson.leave.text')} aria-busy=${this.busy} @click=${() => this.leave(false)}>${t('lesson.leave')}</button>
      <button type="button" class="l-button primary l-next" id="next" aria-disabled=${phase === 'ask' || over} @click=${() => player.next()}>${t(main)} <span aria-hidden="true">→</span></button>
    </div>`;
  }

  /** @param {import('./source.js').Step} step @param {number} i */
  dot(step, i) {
    const {player, t} = this;
    const more = [step.predict ? t('lesson.step.question') : '', step.challenge ? t('lesson.step.challenge') : ''].filter(Boolean).join(', ');
    const name = [t('lesson.step', {at: i + 1, of: player.lesson.steps.length}), more].filter(Boolean).join(', ');
    const kind = step.challenge ? 'challenge' : step.predict ? 'question' : '';
    const past = i < player.at || i <= progress.of(player.lesson.name).far;
    return html`<li><button type="button" class="l-dot ${kind} ${past ? 'past' : ''}" aria-label=${name} title=${name} aria-current=${i === player.at ? 'step' : nothing} @click=${() => player.go(i, 'start')}></button></li>`;
  }
}

const PLAY = 'M6 4.2v11.6L15.5 10z';
const PAUSE = 'M6 4.5h2.6v11H6zM11.4 4.5H14v11h-2.6z';
const REPLAY = 'M4.2 10a5.8 5.8 0 1 0 2-4.4M6.4 2.6v3.4h3.4';

/** @param {string} key @param {string} path @param {() => any} run @param {(key: string) => string} t @param {boolean} [off] */
function round(key, path, run, t, off = false) {
  const solid = path === PLAY || path === PAUSE;
  return html`<button type="button" class="l-round" aria-label=${t(key)} title=${t(key)} aria-disabled=${off} @click=${run}><svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path class=${solid ? 'solid' : 'line'} d=${path}></path></svg></button>`;
}
