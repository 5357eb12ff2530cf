/** What has been typed and said on the clients of ZooKeeper, beside a lesson's stage. */

import {html, nothing, render} from '../../vendor/lit-html/lit-html.js';
import {whileVisible} from '../panels/visible.js';
import {style} from '../zookeeper/style.js';
import {clientsOf, colourOf} from '../zookeeper/values.js';

/** So many of the latest lines are shown, of all clients together. */
const LINES = 32;

/** @param {HTMLElement} root @param {any} ctx */
export function mountTyped(root, ctx) {
  style();
  root.classList.add('z-panel', 'lt');
  return {draw: whileVisible(root, shown => {
    const clients = clientsOf(ctx, shown.view);
    render(html`${clients.map(client => typed(ctx, client, Math.ceil(LINES / clients.length)))}`, root);
    for (const screen of root.querySelectorAll('.z-screen')) screen.scrollTop = screen.scrollHeight;
  })};
}

/** @param {any} ctx @param {import('../zookeeper/values.js').ZkClient} client @param {number} lines */
function typed(ctx, {name, phase, server, session, state}, lines) {
  const {t} = ctx.i18n;
  const output = state.output.filter((/** @type {any} */ line) => line.text && !line.text.startsWith('WATCHER')).slice(-lines);
  return html`<section class="lt-client ${output.length || state.lines.length ? '' : 'lt-silent'}"><h3>${name} ${session ? html`<span class="z-kind ephemeral ${colourOf(session)}" aria-hidden="true"></span>` : nothing}
      <span class="z-lag">${t(`zk.phase.${phase}`, {server})}</span></h3>
    <div class="z-screen" tabindex="0" role="log" aria-label=${name}>${output.map((/** @type {any} */ line) => html`<div class=${kind(line.text)}>${line.text}</div>`)}${state.lines.map((/** @type {string} */ line) => html`<div class="z-waits">… ${line}</div>`)}</div></section>`;
}

/** @param {string} text */
const kind = text => (text.startsWith('[zk: ') ? 'z-typed' : text.startsWith('WatchedEvent') ? 'z-event' : '');
