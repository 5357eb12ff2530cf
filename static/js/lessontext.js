/** A lesson as text: what the server wrote stands by itself; this adds a still of the stage to every step. */

import {Lenses} from './core/lenses.js';
import {Page} from './core/page.js';
import {fetchWorld} from './lesson/source.js';
import {stillOf} from './lesson/still.js';
import {all, byId, startPage} from './pages/page.js';
import {mountStage} from './views/stage.js';

const name = document.body.dataset.lesson ?? '';

/** @param {any} i18n @param {any} page */
async function drawStills(i18n, page) {
  const ctx = await fetchWorld(name, i18n, await new Lenses().load(), page);
  const root = document.body.appendChild(document.createElement('div'));
  root.className = 'lt-draw stage';
  root.setAttribute('aria-hidden', 'true');
  root.setAttribute('inert', '');
  const stage = mountStage(root, ctx);
  for (const figure of all('figure[data-seq]')) {
    const {seq, show = '', at} = figure.dataset;
    ctx.lens = ctx.lenses.of(show);
    figure.replaceChildren(stillOf(stage, ctx, Number(seq), i18n.t('lesson.text.still', {at})));
  }
  stage.remove();
  root.remove();
}

/** @type {any} */ let known;
startPage(async ({i18n, page}) => {
  document.title = `${byId('title').textContent} · Quorumscope`;
  if (!known) {
    known = i18n;
    byId('print').addEventListener('click', () => print());
    byId('print').removeAttribute('disabled');
    byId('notes').addEventListener('change', e => all('.lt-notes').forEach(el => el.classList.toggle('shown', /** @type {HTMLInputElement} */ (e.target).checked)));
  }
  await drawStills(i18n, page ?? new Page('')).catch(() => {}); // the words stand without it
  document.body.classList.add('ready');
});
