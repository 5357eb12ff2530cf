/** The front page: a living picture of the live cluster, and every way to a cluster of one's own. */

import { pageActions } from './actions/page.js';
import { I18n } from './core/i18n.js';
import { Lenses } from './core/lenses.js';
import { Page } from './core/page.js';
import { ClusterForm, StoryForm } from './home/forms.js';
import { mountGallery } from './home/gallery.js';
import { mountLive, watch } from './home/live.js';

const LIVE = 'live';

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The words that the server rendered, said again in another language. @param {I18n} i18n */
function relabel(i18n) {
  document.title = i18n.t('home.title');
  for (const el of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-t]'))) el.textContent = i18n.t(el.dataset.t ?? '');
  for (const el of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-label]'))) {
    el.setAttribute('aria-label', i18n.t(el.dataset.label ?? ''));
    el.title = i18n.t(el.dataset.label ?? '');
  }
}

/** @param {any} ctx */
function badge(ctx) {
  const el = byId('badge');
  const open = ctx.connection.state === 'open' && ctx.store.room;
  el.dataset.state = open ? 'live' : 'waiting';
  el.textContent = ctx.i18n.t(open ? 'home.watching' : ctx.connection.state === 'failed' ? 'home.offline' : 'home.connecting');
}

async function start() {
  const page = new Page(LIVE);
  const i18n = new I18n(page.lang());
  const [lenses] = await Promise.all([new Lenses().load(), i18n.ready()]);
  const ctx = watch(LIVE, i18n, lenses);
  Object.assign(ctx, { page });
  page.attach(ctx);
  const cluster = new ClusterForm(byId('make'), i18n);
  const story = new StoryForm(byId('own'), i18n);

  const run = (/** @type {string} */ id) => pageActions.find((a) => a.id === id)?.run(ctx, '');
  byId('language').addEventListener('click', () => run('page.language'));
  byId('theme').addEventListener('click', () => run('page.theme'));
  i18n.subscribe(() => {
    relabel(i18n);
    badge(ctx);
    ctx.playhead.changed({ all: true, lang: true });
  });
  ctx.connection.subscribe(() => badge(ctx));
  mountLive(ctx, { stage: byId('stage'), caption: byId('caption') }, () => {
    badge(ctx);
    cluster.offer(Object.keys(ctx.store.services.raft?.mutants ?? {}));
  });
  relabel(i18n);
  cluster.draw();
  story.draw();
  mountGallery(byId('gallery'), i18n);
}

start();
