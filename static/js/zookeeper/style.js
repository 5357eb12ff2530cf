/** The styles of ZooKeeper's panels, fetched with the first of them; and the button that gives them room. */

import { BASE } from '../core/base.js';
import {html} from '../../vendor/lit-html/lit-html.js';

export function style() {
  if (document.querySelector('link[href$="/static/css/zookeeper.css"]')) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = `${BASE}/static/css/zookeeper.css`;
  document.head.append(link);
}

/** Makes the panel take most of the page, and small again. @param {any} ctx */
export function wider(ctx) {
  const wide = document.body.classList.contains('panel-wide');
  const label = ctx.i18n.t(wide ? 'zk.narrow' : 'zk.wide');
  const toggle = () => {
    document.body.classList.toggle('panel-wide', !wide);
    ctx.playhead.changed({all: true, size: true});
  };
  return html`<button type="button" class="p-button" title=${label} aria-label=${label} aria-pressed=${wide} @click=${toggle}>⤢</button>`;
}
