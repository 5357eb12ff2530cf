/** The lead's page: the question that is asked, questions to ask, who is here, hands, and what is left afterwards. */

import { BASE } from '../core/base.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { said } from './course.js';
import { inWords, nameOf } from './model.js';
import { asked, counted, raised, results } from './question.js';

const SLOW = 1 / 200; // virtual per wall, while people are nodes
const KINDS = ['choices', 'node', 'message', 'number'];

export class LeadView {
  /** @param {any} desk */
  constructor(desk) {
    this.desk = desk;
    this.kind = 'choices';
    this.open = '';
    this.sure = '';
    this.renaming = '';
  }

  template() {
    const { model } = this.desk;
    const e = model.everybody;
    if (!e) return nothing;
    return html`${this.top(e)}${e.ended ? nothing : html`${this.lesson()}${this.question()}${this.ask()}${this.hands()}${this.roster()}${this.controls(e)}`}${this.kept()}${this.after(e)}`;
  }

  /** @param {any} e */
  top(e) {
    const { ctx, join } = this.desk;
    const { t } = ctx.i18n;
    if (e.ended) return html`<section class="k-card"><h2>${t('class.over')}</h2></section>`;
    const strayed = e.here - e.following;
    return html`<section class="k-card k-top"><p class="k-address"><span>${t('class.at')} <b>${join}</b></span> <b class="k-code">${e.code}</b></p>
      <p class="k-people"><b>${t('class.here', { count: e.here })}</b> · ${t('class.following', { count: e.following, of: e.here })}
        ${e.driver ? html` · ${t('class.driver.other', { name: nameOf(e.driver, ctx.i18n) })}` : nothing}</p>
      <div class="k-row"><a class="k-button" href=${`${BASE}/class/${e.id}/projector`} target="_blank" rel="noopener">${t('class.projector')}</a>
        ${strayed ? this.button('class.back', () => this.desk.say('back')) : nothing}
        ${e.driver ? this.button('class.roster.take', () => this.desk.say('take-back'), 'primary') : nothing}</div></section>`;
  }

  /** @param {string} key @param {() => any} run @param {string} [style] */
  button(key, run, style = '') {
    return html`<button type="button" class="k-button ${style}" @click=${run}>${this.desk.ctx.i18n.t(key)}</button>`;
  }

  // -- the lesson --------------------------------------------------------------------------------------------

  lesson() {
    const { course, ctx, model } = this.desk;
    if (!course?.steps.length) return nothing;
    const { t } = ctx.i18n;
    const { index, step, steps } = course;
    const next = steps[index + 1];
    const asks = step?.predict && !model.lead.questions.some((/** @type {any} */ q) => q.step === step.id);
    return html`<section class="k-card k-lesson" aria-labelledby="k-lesson"><div class="k-head"><h2 id="k-lesson">${step ? t('class.step', { at: index + 1, of: steps.length }) : t('class.lesson')}</h2>
        <span class="k-row">${index > 0 ? this.button('class.step.back', () => this.go(steps[index - 1])) : nothing}${next ? this.button('class.next', () => this.go(next), asks || (step?.predict && model.question?.phase !== 'revealed' && model.question) ? '' : 'primary') : nothing}</span></div>
      ${step ? html`<p>${said(course.words(step.caption))}</p>${course.words(step.notes) ? html`<p class="k-note k-notes"><b>${t('class.notes')}</b> ${course.words(step.notes)}</p>` : nothing}
        <div class="k-row">${asks ? this.button('class.step.ask', () => this.askStep(step), 'primary') : nothing}${this.button('class.step.play', () => course.play(step))}</div>` : html`<p class="k-note">${t('class.lesson.text')}</p>`}</section>`;
  }

  /** A step that is predicted first stands still at its beginning. @param {any} step */
  async go(step) {
    const { course, model } = this.desk;
    if (model.question) await this.desk.say('dismiss');
    await (step.predict ? course.stand(step) : course.play(step));
    this.desk.draw();
  }

  /** @param {any} step */
  askStep(step) {
    const { course } = this.desk;
    const { question, choices, truth } = step.predict;
    return this.desk.say('ask', { kind: 'choices', text: course.words(question), choices: choices.map((/** @type {any} */ c) => course.words(c)), step: step.id, ...(truth ? { truth } : {}) });
  }

  // -- questions ---------------------------------------------------------------------------------------------

  question() {
    const { model, ctx } = this.desk;
    const q = model.question;
    if (!q) return nothing;
    const whole = model.lead.questions.at(-1);
    const known = whole?.id === q.id ? whole : null;
    const revealed = q.phase === 'revealed';
    return html`<section class="k-card k-asked">${asked(q, ctx.i18n)}
      ${revealed ? nothing : counted(q, ctx.i18n)}
      ${known ? results({ ...known, text: q.text, choices: q.choices, reveal: q.reveal }, ctx.i18n) : nothing}
      ${this.truth(q, known)}
      <div class="k-row">
        ${q.phase === 'open' ? this.button('class.ask.close', () => this.desk.say('close')) : nothing}
        ${q.round === 1 && !revealed ? this.button('class.ask.again', () => this.desk.say('again')) : nothing}
        ${revealed ? nothing : html`${this.button('class.ask.reveal', () => this.desk.say('reveal'), 'primary')}${this.button('class.ask.play', () => this.reveal())}`}
        ${this.button('class.ask.dismiss', () => this.desk.say('dismiss'))}
      </div></section>`;
  }

  /** What is right may be told before the reveal or after, when the run has decided it. @param {any} q @param {any} known */
  truth(q, known) {
    const { t } = this.desk.ctx.i18n;
    if (q.phase !== 'revealed' || known?.truth) return nothing;
    const send = (/** @type {Event} */ e) => {
      e.preventDefault();
      const truth = String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get('truth') ?? '');
      if (truth) this.desk.say('reveal', { truth });
    };
    const values = q.kind === 'choices' ? q.choices.map((/** @type {string} */ _, /** @type {number} */ i) => String(i)) : q.kind === 'node' ? this.desk.model.everybody.nodes : null;
    return html`<form class="k-row" @submit=${send}><label class="k-field"><span>${t('class.ask.truth')}</span>
      ${values ? html`<select name="truth">${values.map((/** @type {string} */ v) => html`<option value=${v}>${inWords(q, v)}</option>`)}</select>` : html`<input name="truth" required inputmode="decimal">`}</label>
      <button class="k-button">${t('class.save')}</button></form>`;
  }

  /** The run decides it. */
  async reveal() {
    const { ctx, course, model } = this.desk;
    const step = course?.steps.find((/** @type {any} */ s) => s.id === model.question.step);
    await this.desk.say('reveal');
    if (step) return course.play(step);
    if (!ctx.playhead.playing) return ctx.actions.run('time.toggle');
  }

  ask() {
    const { ctx, model } = this.desk;
    const { t } = ctx.i18n;
    if (this.open !== 'ask') return html`<div class="k-row k-open">${this.button('class.ask', () => this.toggle('ask'), model.question ? '' : 'primary')}</div>`;
    const send = async (/** @type {Event} */ e) => {
      e.preventDefault();
      const data = new FormData(/** @type {HTMLFormElement} */ (e.target));
      const choices = this.kind === 'choices' ? String(data.get('choices') ?? '').split('\n').map((line) => line.trim()).filter(Boolean) : [];
      if (await this.desk.say('ask', { kind: this.kind, text: String(data.get('text') ?? ''), choices })) this.toggle('');
    };
    return html`<section class="k-card"><form class="k-form" @submit=${send}>
      <div class="k-kinds" role="radiogroup" aria-label=${t('class.ask')}>${KINDS.map((kind) => html`<label><input type="radio" name="kind" value=${kind} .checked=${kind === this.kind} @change=${() => { this.kind = kind; this.desk.draw(); }}><span>${t(`class.kind.${kind}`)}</span></label>`)}</div>
      <label class="k-field"><span>${t('class.ask.text')}</span><textarea name="text" rows="2" maxlength="300" required></textarea></label>
      ${this.kind === 'choices' ? html`<label class="k-field"><span>${t('class.ask.choices')}</span><textarea name="choices" rows="4" required></textarea></label>` : nothing}
      <div class="k-row"><button class="k-button primary">${t('class.ask.send')}</button>${this.button('class.cancel', () => this.toggle(''))}</div></form></section>`;
  }

  /** @param {string} what */
  toggle(what) {
    this.open = this.open === what ? '' : what;
    this.desk.draw();
    if (this.open === 'ask') this.desk.root.querySelector('textarea')?.focus();
  }

  kept() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const { questions } = model.lead;
    if (!questions.length) return nothing;
    return html`<details class="k-card k-kept"><summary>${t('class.ask.kept')} <span class="k-number">${questions.length}</span></summary>
      <ol>${questions.map((/** @type {any} */ q) => html`<li><b>${q.text}</b> ${q.split ? html`<span class="k-chip">${t('class.ask.split')}</span>` : nothing}${results(q, ctx.i18n)}</li>`)}</ol></details>`;
  }

  // -- people ------------------------------------------------------------------------------------------------

  hands() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const up = model.lead.roster.filter((/** @type {any} */ p) => p.hand).sort((/** @type {any} */ a, /** @type {any} */ b) => a.hand - b.hand);
    const { written } = model.lead;
    if (!up.length && !written.length) return nothing;
    return html`<section class="k-card k-hands" aria-labelledby="k-hands"><div class="k-head"><h2 id="k-hands">${t('class.hands')}</h2>${up.length > 1 ? this.button('class.hands.lower', () => this.desk.say('lower')) : nothing}</div>
      <ul class="k-written" role="list">${up.map((/** @type {any} */ p) => html`<li><span>${raised} ${p.name}</span>
          <span class="k-row">${this.button('class.roster.give', () => this.desk.say('hand-over', { person: p.id }))}${this.button('class.roster.lower', () => this.desk.say('lower', { person: p.id }))}</span></li>`)}
        ${written.map((/** @type {any} */ w) => html`<li><span><b>${w.name}</b> ${w.text}</span> ${this.button('class.settle', () => this.desk.say('settle', { written: w.id }))}</li>`)}</ul></section>`;
  }

  roster() {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const { roster } = model.lead;
    return html`<details class="k-card k-roster" open><summary>${t('class.roster')} <span class="k-number">${roster.length}</span></summary>
      ${roster.length ? html`<ul role="list">${roster.map((/** @type {any} */ p) => this.person(p))}</ul>` : html`<p class="k-note">${t('class.roster.empty')}</p>`}</details>`;
  }

  /** @param {any} p */
  person(p) {
    const { model, ctx } = this.desk;
    const { t } = ctx.i18n;
    const facts = [p.node, model.everybody.driver?.id === p.id ? t('class.driver.other', { name: '' }).trim() : '', !p.here ? t('class.roster.away') : !p.follows ? t('class.roster.explores') : '',
      model.question && p.answered ? t('class.roster.answered') : '', p.hidden ? t('class.guest', { number: p.number }) : ''].filter(Boolean);
    const opened = this.open === p.id;
    return html`<li class=${p.here ? '' : 'away'}><span class="k-who"><b>${p.name}</b> ${p.hand ? html`<span role="img" aria-label=${t('class.roster.hand')}>${raised}</span>` : nothing}<small>${facts.join(' · ')}</small></span>
      <button type="button" class="k-more" aria-expanded=${String(opened)} aria-label=${t('class.roster.of', { name: p.name })} @click=${() => this.toggle(p.id)}>⋯</button>
      ${opened ? this.about(p) : nothing}</li>`;
  }

  /** @param {any} p */
  about(p) {
    const { t } = this.desk.ctx.i18n;
    const rename = async (/** @type {Event} */ e) => {
      e.preventDefault();
      const name = String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get('name') ?? '');
      if (await this.desk.say('rename', { person: p.id, name })) this.toggle('');
    };
    return html`<div class="k-about"><form class="k-row" @submit=${rename}><input name="name" maxlength="24" required .value=${p.name} aria-label=${t('join.name')}><button class="k-button">${t('class.roster.rename')}</button></form>
      <div class="k-row">${p.here ? this.button('class.roster.give', () => this.desk.say('hand-over', { person: p.id })) : nothing}
        ${this.button(p.hidden ? 'class.roster.show' : 'class.roster.hide', () => this.desk.say('hide', { person: p.id, on: !p.hidden }))}
        ${this.button('class.roster.remove', () => this.desk.say('remove', { person: p.id }))}</div></div>`;
  }

  // -- the class ---------------------------------------------------------------------------------------------

  /** @param {any} e */
  controls(e) {
    return html`<section class="k-card k-row">
      ${Object.keys(e.ways ?? {}).length ? this.button(e.plays ? 'class.play.off' : 'class.play.on', () => this.play(!e.plays)) : nothing}
      ${this.button(e.locked ? 'class.unlock' : 'class.lock', () => this.desk.say('lock', { on: !e.locked }))}
      ${this.ifSure('class.end', () => this.desk.say('end'))}</section>`;
  }

  /** People take longer than machines: time goes by four times slower than usual, for whoever leads to change. @param {boolean} on */
  async play(on) {
    const { playhead } = this.desk.ctx;
    if (await this.desk.say('play', { on }) && on && playhead.following && playhead.speed > SLOW) await playhead.setSpeed(SLOW);
  }

  /** @param {string} key @param {() => any} run */
  ifSure(key, run) {
    const { t } = this.desk.ctx.i18n;
    if (this.sure !== key) return this.button(key, () => { this.sure = key; this.desk.draw(); });
    const over = (/** @type {boolean} */ yes) => {
      this.sure = '';
      if (yes) run();
      this.desk.draw();
    };
    return html`<span class="k-sure" role="alert">${t(`${key}.sure`)} ${this.button('class.yes', () => over(true), 'danger')}${this.button('class.cancel', () => over(false))}</span>`;
  }

  /** @param {any} e */
  after(e) {
    const { ctx, days } = this.desk;
    const { t } = ctx.i18n;
    const base = `${BASE}/api/classes/${e.id}`;
    return html`<details class="k-card k-after" ?open=${e.ended}><summary>${t('class.after')}</summary>
      <p class="k-row"><a class="k-button" href=${`${base}/answers.csv`} download>${t('class.after.csv')}</a> <a class="k-button" href=${`${base}/answers.json`} download>${t('class.after.json')}</a>
        ${this.button('class.after.run', () => ctx.dialogs.exports())}</p>
      <p class="k-note">${t('class.after.kept', { days })}</p>
      ${this.ifSure('class.after.delete', () => this.desk.forget())}</details>`;
  }
}
