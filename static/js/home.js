/** The front page: a living picture of the live cluster, and every way to a cluster of one's own. */

import { Lenses } from './core/lenses.js';
import { Page } from './core/page.js';
import { fetchJson } from './home/api.js';
import { ClusterForm, StoryForm } from './home/forms.js';
import { Gallery } from './home/gallery.js';
import { mountLive, watch } from './home/live.js';
import { byId, mountOpeners, mountSwitches, relabel, wordsOf } from './pages/page.js';

const LIVE = 'live';

/** @param {any} ctx */
function badge(ctx) {
  const el = byId('badge');
  const open = ctx.connection.state === 'open' && ctx.store.room;
  el.dataset.state = open ? 'live' : 'waiting';
  el.textContent = ctx.i18n.t(open ? 'home.watching' : ctx.connection.state === 'failed' ? 'home.offline' : 'home.connecting');
}

async function start() {
  const page = new Page(LIVE);
  const i18n = wordsOf(page);
  const [lenses] = await Promise.all([new Lenses().load(), i18n.ready()]);
  const ctx = watch(LIVE, i18n, lenses);
  const gallery = new Gallery(i18n);
  Object.assign(ctx, { page });
  page.attach({ i18n, playhead: { changed: (/** @type {any} */ what) => [ctx.playhead, gallery].forEach((drawn) => drawn.changed(what)) } });
  const cluster = new ClusterForm(byId('make'), i18n);
  const story = new StoryForm(byId('own'), i18n);

  mountOpeners(i18n);
  mountSwitches(ctx);
  i18n.subscribe(() => {
    relabel(i18n, 'home.title');
    badge(ctx);
    gallery.speak();
    for (const drawn of [ctx.playhead, gallery]) drawn.changed({ all: true, lang: true });
  });
  ctx.connection.subscribe(() => badge(ctx));
  mountLive(ctx, { stage: byId('stage'), caption: byId('caption') }, () => badge(ctx));
  fetchJson('/api/protocols').then((protocols) => cluster.offer(protocols)).catch(() => {}); // the form then has no more than it shows
  relabel(i18n, 'home.title');
  gallery.speak();
  cluster.draw();
  story.draw();
}

start();
