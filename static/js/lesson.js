/** A lesson: the stage plays its run step by step, and the words under it tell, ask, and let one do. */

import {I18n} from './core/i18n.js';
import {Lenses} from './core/lenses.js';
import {Page} from './core/page.js';
import {Card} from './lesson/card.js';
import {Panel} from './lesson/panel.js';
import {Player} from './lesson/player.js';
import {addressOf, fetchLesson, fetchWorld} from './lesson/source.js';
import {Spotlight} from './lesson/spotlight.js';
import {byId, mountSwitches, relabel, wordsOf} from './pages/page.js';
import {mountStages} from './views/stages.js';

/** @typedef {import('./lesson/source.js').Lesson} Lesson */

const name = document.body.dataset.lesson ?? '';
const own = document.body.dataset.own !== undefined;
/** How often a lesson of one's own is asked for anew. */
const LOOK = 1000;

class LessonPage {
  /** @param {Page} page @param {I18n} i18n @param {Lenses} lenses */
  constructor(page, i18n, lenses) {
    Object.assign(this, {page, i18n, lenses});
    this.page = page;
    this.i18n = i18n;
    this.lenses = lenses;
    /** @type {any} */ this.ctx = null;
    /** @type {Player|null} */ this.player = null;
    /** @type {Card|null} */ this.card = null;
    this.version = '';
  }

  /** Builds everything; after a change of the lesson once more, at the same step. @param {Lesson} lesson */
  async begin(lesson) {
    const world = await fetchWorld(name, this.i18n, this.lenses, this.page);
    byId('stage').replaceChildren();
    byId('panel').replaceChildren();
    const {ctx} = this;
    if (ctx) ctx.playhead.views = []; // nothing of the old world is drawn any more
    this.ctx = world;
    this.version = lesson.version;
    world.stages = mountStages(byId('stage'), world);
    world.spotlight = new Spotlight(world, byId('stage'));
    const panel = new Panel(byId('panel'), world);
    let wanted = /** @type {string|null} */ (null);
    const player = this.player = new Player(world, lesson, () => {
      this.card?.draw();
      if (wanted !== player.step.panel) panel.show(wanted = player.step.panel);
    });
    this.card = new Card(byId('card'), world, () => player);
    const touch = (/** @type {string} */ id) => (player.phase === 'ask' && player.step.predict?.choices.some(c => c.id === id) ? player.choose(id) : undefined);
    Object.assign(world.dialogs, {node: touch, client: touch});
    world.selection.subscribe(() => world.playhead.changed({selection: true}));
    for (const view of [world.stages, world.spotlight, player]) world.playhead.addView(view);
    await this.toHash();
    document.body.classList.add('seen', 'ready');
  }

  /** To the step that the address names, or the first. */
  toHash() {
    const {player} = this;
    if (!player) return undefined;
    const id = decodeURIComponent(location.hash.slice(1));
    const at = player.lesson.steps.findIndex(step => step.id === id);
    return player.go(Math.max(0, at), 'start');
  }

  /** @param {any} what */
  changed(what) {
    this.ctx?.playhead.changed(what);
  }

  speak() {
    relabel(this.i18n, '');
    document.title = `${byId('title').textContent} · Quorumscope`;
    this.card?.draw();
    this.changed({all: true, lang: true});
  }

  // -- a lesson that its author is writing -------------------------------------------------------------------

  async look() {
    try {
      const lesson = await fetchLesson(name);
      if (this.card?.problem) this.complain('');
      if (lesson.version !== this.version) {
        await this.begin(lesson);
        if (this.card) this.card.notice = this.i18n.t('lesson.reloaded');
        this.card?.draw();
      }
    } catch (error) {
      const refused = /** @type {any} */ (error);
      if (refused.code) this.complain(`${this.i18n.t('lesson.wrong')} ${refused.message}`);
    }
    setTimeout(() => this.look(), LOOK);
  }

  /** @param {string} problem */
  complain(problem) {
    if (!this.card) return void (byId('opening').textContent = problem);
    Object.assign(this.card, {problem, notice: ''});
    this.card.draw();
  }
}

/** @param {LessonPage} page @param {KeyboardEvent} e */
function onKey(page, e) {
  const {player, card} = page;
  const target = /** @type {HTMLElement} */ (e.target);
  if (!player || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || target.matches('input, select, textarea')) return;
  if (target.closest('#panel')) return;
  if (target.matches('button, a, summary') && (e.key === ' ' || e.key === 'Enter')) return;
  if (e.key === 'Enter' && target.closest('[data-node]')) return;
  /** @type {Record<string, () => any>} */
  const keys = {
    ArrowRight: () => player.next(), Enter: () => player.next(), PageDown: () => player.next(),
    ArrowLeft: () => player.back(), PageUp: () => player.back(),
    ' ': () => (player.phase === 'playing' || player.phase === 'ready' ? player.toggle() : player.next()),
    Home: () => player.go(0, 'start'), End: () => player.go(player.lesson.steps.length - 1, 'start'),
    r: () => player.replay(), p: () => card?.leave(false), '.': () => player.nudge(1), ',': () => player.nudge(-1),
    l: () => byId('language').click(), t: () => byId('theme').click(),
  };
  const digit = /^[1-9]$/.test(e.key) && player.phase === 'ask' ? player.step.predict?.choices[Number(e.key) - 1] : undefined;
  const run = digit ? () => player.choose(digit.id) : keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (!run) return;
  e.preventDefault();
  run();
}

async function start() {
  const own_ = new Page('');
  const i18n = wordsOf(own_);
  const lenses = new Lenses();
  const page = new LessonPage(own_, i18n, lenses);
  own_.attach({i18n, playhead: {changed: (/** @type {any} */ what) => page.changed(what)}});
  await Promise.all([i18n.ready(), lenses.load()]);
  mountSwitches({page: own_, i18n});
  i18n.subscribe(() => page.speak());
  page.speak();
  try {
    await page.begin(await fetchLesson(name));
  } catch (error) {
    const refused = /** @type {any} */ (error);
    byId('opening').textContent = refused.code ? `${i18n.t('lesson.wrong')} ${refused.message}` : i18n.t('lesson.failed');
    if (!refused.code && !(error instanceof TypeError)) throw error;
  }
  addEventListener('keydown', e => onKey(page, e));
  addEventListener('hashchange', () => page.toHash());
  if (own) setTimeout(() => page.look(), LOOK);
}

start();
