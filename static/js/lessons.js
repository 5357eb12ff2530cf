/** The course's contents: how far one has come in each lesson, and taking that along. */

import {BASE} from './core/base.js';
import {progress} from './lesson/progress.js';
import {all, byId, startPage} from './pages/page.js';

/** @type {any} */
let i18n;
let said = '';

/** @param {HTMLElement} el */
function drawOne(el) {
  const {lesson = '', steps = '', challenges = ''} = el.dataset;
  const names = steps.split(' ');
  const mine = progress.of(lesson);
  const begun = Boolean(mine.at);
  const at = Math.max(0, names.indexOf(mine.at));
  const met = challenges.split(' ').filter(Boolean).every(id => mine.solved.includes(id));
  const words = !begun ? i18n.t('lessons.state.new') : mine.done ? i18n.t('lessons.state.done') : i18n.t('lessons.state.begun', {at: at + 1, of: names.length});
  el.classList.toggle('done', mine.done);
  /** @type {HTMLElement} */ (el.querySelector('.le-state')).style.setProperty('--part', begun ? String(Math.min(1, (mine.far + 1) / names.length)) : '0');
  /** @type {HTMLElement} */ (el.querySelector('.le-word')).textContent = words + (met && mine.done ? ` · ${i18n.t('lessons.state.solved')}` : '');
  const link = /** @type {HTMLAnchorElement} */ (el.querySelector('h3 a'));
  link.href = `${BASE}/lessons/${lesson}${begun && !mine.done && at ? `#${mine.at}` : ''}`;
}

function draw() {
  const lessons = all('[data-lesson]');
  lessons.forEach(drawOne);
  const done = lessons.filter(el => el.classList.contains('done')).length;
  byId('sum').textContent = i18n.t('lessons.progress.text', {done, of: lessons.length});
  const bar = /** @type {HTMLProgressElement} */ (byId('bar'));
  bar.max = Math.max(1, lessons.length);
  bar.value = done;
  const open = lessons.find(el => !el.classList.contains('done') && progress.of(el.dataset.lesson ?? '').at) ?? lessons.find(el => !el.classList.contains('done'));
  const next = /** @type {HTMLAnchorElement} */ (byId('continue'));
  next.hidden = !open;
  if (open) {
    const link = /** @type {HTMLAnchorElement} */ (open.querySelector('h3 a'));
    next.href = link.href;
    /** @type {HTMLElement} */ (next.querySelector('b')).textContent = link.textContent;
  }
  byId('said').textContent = said;
}

function save() {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([progress.asFile()], {type: 'application/json'}));
  link.download = 'quorumscope-lessons.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** @param {HTMLInputElement} input */
async function load(input) {
  const file = input.files?.[0];
  if (!file) return;
  const count = file.size < 1_000_000 ? progress.load(await file.text()) : -1;
  input.value = '';
  said = count < 0 ? i18n.t('lessons.progress.wrong') : i18n.t('lessons.progress.loaded', {count});
  draw();
}

startPage(ctx => {
  const first = !i18n;
  i18n = ctx.i18n;
  said = '';
  if (first) {
    const input = /** @type {HTMLInputElement} */ (byId('import'));
    byId('export').addEventListener('click', save);
    input.addEventListener('change', () => load(input));
    byId('forget').addEventListener('click', () => {
      progress.forget();
      said = i18n.t('lessons.progress.forgotten');
      draw();
    });
    for (const id of ['export', 'import', 'forget']) byId(id).removeAttribute('disabled');
    addEventListener('pageshow', draw); // back from a lesson
  }
  draw();
});
