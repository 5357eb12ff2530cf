/** A class's page: the room in the middle, and around it what a lead, a student or a projector needs. */

import { BASE } from './core/base.js';
import { html, nothing, render } from '../vendor/lit-html/lit-html.js';
import { Course, said } from './class/course.js';
import { Follower, Guide, resume } from './class/follow.js';
import { LeadView } from './class/lead.js';
import { ClassLine } from './class/line.js';
import { ProjectorView } from './class/projector.js';
import { StudentView } from './class/student.js';
import { fetchJson } from './home/api.js';

const VIEWS = { lead: LeadView, student: StudentView, projector: ProjectorView };
const { class: id = '', seat: role = 'student', join = '', days = '', lesson = '' } = document.body.dataset;
const root = /** @type {HTMLElement} */ (document.getElementById('class'));

/** The private link's token becomes a cookie before anything else is asked for. @returns {Promise<string>} the link, the one time that it is here */
async function prove() {
  const token = role === 'lead' ? new URLSearchParams(location.hash.slice(1)).get('lead') : null;
  if (!token) return '';
  const link = location.href;
  history.replaceState(null, '', location.pathname + location.search);
  await fetchJson(`/api/classes/${id}/lead`, { method: 'POST', body: JSON.stringify({ token }) }).catch(() => {});
  return link;
}

/** What the page's parts share. */
class Desk {
  /** @param {any} ctx @param {string} link */
  constructor(ctx, link) {
    Object.assign(this, { ctx, root, join, days });
    this.ctx = ctx;
    this.link = link;
    this.copied = false;
    this.line = new ClassLine({ id, role, lang: () => ctx.i18n.lang() });
    this.model = this.line.model;
    /** @type {Follower|null} */ this.follower = null;
    /** @type {Course|null} */ this.course = null;
    this.view = new VIEWS[/** @type {'lead'} */ (role)](this);
    this.scheduled = false;
    this.captions = document.createElement('div');
    /** @type {HTMLElement} */ (document.querySelector('.stage-area')).append(this.captions);
    this.model.subscribe((what) => this.hear(what));
    this.line.subscribe(() => this.draw());
    ctx.i18n.subscribe(() => this.draw());
  }

  /** @param {string} what */
  hear(what) {
    if (what === 'place') return;
    if (role === 'student' && this.model.you?.removed) this.line.become('failed');
    this.draw();
  }

  /** What the lesson says of this moment, over what the rules say. */
  caption() {
    const { course, model, ctx } = this;
    const id = role === 'lead' ? course?.current : model.place?.step;
    const words = course && id && !this.follower?.exploring ? course.saying(id, ctx.playhead.shown.seq) : null;
    document.body.classList.toggle('taught', Boolean(words));
    render(words ? html`<div class="caption k-caption"><p class="caption-words">${said(words)}</p></div>` : nothing, this.captions);
  }

  /** The room as it stands now, wherever this page looks. */
  head() {
    return this.ctx.store.viewAt(this.ctx.store.head);
  }

  draw() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      render(this.template(), root);
      this.caption();
      const { body } = document;
      body.classList.toggle('asking', Boolean(this.model.question));
      body.classList.toggle('plays', Boolean(this.model.everybody?.plays));
      body.classList.toggle('exploring', Boolean(this.follower?.exploring) || this.model.drives);
    });
  }

  template() {
    return html`${this.state()}${this.link ? this.shownOnce() : nothing}${this.out() ? this.gone() : this.view.template()}`;
  }

  out() {
    return this.model.deleted || Boolean(this.model.you?.removed) || this.line.state === 'failed';
  }

  state() {
    const { t } = this.ctx.i18n;
    if (this.line.state === 'open' && this.line.plain) return html`<p class="k-line" role="status">${t('class.fallback')}</p>`;
    return this.line.state === 'reconnecting' ? html`<p class="k-line" role="status">${t('class.offline')}</p>` : nothing;
  }

  gone() {
    const { t } = this.ctx.i18n;
    const { error } = this.line;
    const said = this.model.deleted ? t('class.after.deleted') : this.model.you?.removed ? this.ctx.actions.explain({ code: 'class-removed' })
      : error ? this.ctx.actions.explain(error) : t('class.gone');
    return html`<section class="k-card"><p class="k-question">${said}</p>${role === 'student' && !this.model.deleted ? html`<a class="k-button primary" href=${`${BASE}/join`}>${t('join.again')}</a>` : nothing}</section>`;
  }

  /** Nobody will see it again. */
  shownOnce() {
    const { t } = this.ctx.i18n;
    const copy = async () => {
      /** @type {HTMLInputElement|null} */ (root.querySelector('.k-link input'))?.select();
      await navigator.clipboard?.writeText(this.link).then(() => { this.copied = true; }, () => {});
      this.draw();
    };
    return html`<section class="k-card k-link" aria-labelledby="k-link"><h2 id="k-link">${t('class.link.title')}</h2><p>${t('class.link.text')}</p>
      <div class="k-row"><input readonly .value=${this.link} aria-label=${t('class.link.copy')} @focus=${(/** @type {any} */ e) => e.target.select()}>
        <button type="button" class="k-button primary" @click=${copy}>${t(this.copied ? 'class.link.copied' : 'class.link.copy')}</button>
        <button type="button" class="k-button" @click=${() => { this.link = ''; this.draw(); }}>${t('class.link.done')}</button></div></section>`;
  }

  /** @param {string} type @param {Record<string, any>} [fields] @returns {Promise<boolean>} whether it was taken */
  say(type, fields = {}) {
    return this.asked(this.line.say(type, fields));
  }

  /** @param {string} way @param {number} [message] */
  act(way, message) {
    return this.asked(this.line.act(way, message));
  }

  /** @param {Promise<any>} request */
  async asked(request) {
    try {
      await request;
      return true;
    } catch (error) {
      this.ctx.actions.notice(this.ctx.actions.explain(error));
      return false;
    }
  }

  /** @param {string} value */
  answer(value) {
    return this.say('answer', { question: this.model.question.id, value });
  }

  /** A tap on the stage is the answer, where a node or a message is asked for. @param {string} kind @param {string} id */
  picked(kind, id) {
    const q = this.model.question;
    if (role !== 'student' || q?.kind !== kind || q.phase !== 'open') return false;
    this.answer(id);
    return true;
  }

  async forget() {
    await this.asked(fetchJson(`/api/classes/${id}/delete`, { method: 'POST', body: '{}' }));
  }
}

/** Moving in time on one's own is exploring; F goes out into a branch, B comes back. @param {any} ctx @param {Desk} desk */
function wander(ctx, desk) {
  const run = ctx.actions.run.bind(ctx.actions);
  ctx.actions.run = (/** @type {string} */ action, /** @type {any} */ target) => {
    const { follower } = desk;
    if (follower && role === 'student' && !desk.model.drives) {
      if (action === 'branch.fork') return ctx.store.isPrivate ? follower.back() : follower.exploring ? run(action, target) : follower.explore().then(() => ctx.store.isPrivate || run(action, target));
      if (ctx.actions.get(action)?.group === 'time') follower.stray();
    }
    return run(action, target);
  };
  addEventListener('keydown', (e) => {
    const target = /** @type {HTMLElement} */ (e.target);
    if (e.key.toLowerCase() !== 'b' || e.ctrlKey || e.metaKey || e.altKey || target.matches('input, textarea, select')) return;
    if (desk.follower?.exploring) desk.follower.back();
  });
}

/** @param {any} ctx @param {Desk} desk */
function answerByTap(ctx, desk) {
  const { node, message } = ctx.dialogs;
  ctx.dialogs.node = (/** @type {string} */ name, /** @type {any} */ spot) => desk.picked('node', name) || node(name, spot);
  ctx.dialogs.message = (/** @type {number} */ number, /** @type {any} */ spot) => desk.picked('message', String(number)) || message(number, spot);
}

/** Where the class is, is known with the first word of the server; from then on this page says where. @param {any} ctx @param {Desk} desk */
function lead(ctx, desk) {
  let leading = false;
  desk.line.subscribe(async (state) => {
    if (state !== 'open' || leading) return;
    leading = true;
    await resume(ctx, desk.model.place, desk.course);
    new Guide(ctx, desk.line, () => desk.course?.current ?? '');
    desk.draw();
  });
}

async function start() {
  const link = await prove();
  const { started } = await import('./room.js');
  const ctx = await started;
  await ctx.i18n.more('class');
  if (role === 'projector') {
    ctx.page.theme = 'projector'; // whatever this browser likes elsewhere
    ctx.page.applyTheme();
    ctx.playhead.changed({ all: true, theme: true });
  }
  const desk = new Desk(ctx, link);
  document.title = ctx.i18n.t('class.title');
  if (lesson) {
    desk.course = await new Course(ctx, id).load().catch(() => null);
    desk.model.course = desk.course;
    if (desk.course && role === 'lead') ctx.playhead.addView(desk.course);
    ctx.playhead.addView({ draw: () => desk.caption() });
  }
  if (role === 'lead') lead(ctx, desk);
  else desk.follower = new Follower(ctx, desk.line, () => desk.draw());
  desk.line.open();
  wander(ctx, desk);
  answerByTap(ctx, desk);
  // The inbox of a node that is played, and the messages that may be chosen, follow the room.
  ctx.playhead.addView({ draw: () => (desk.model.you?.node || desk.model.question?.kind === 'message') && desk.draw() });
  desk.draw();
}

start();
