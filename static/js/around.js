/** What stands around the stage: panels, diagram, menus and sheets. Fetched when the first picture is there. */

import {mountCode} from './views/code.js';
import {mountCosts} from './views/costs.js';
import {mountEvents} from './views/events.js';
import {mountExport} from './views/export.js';
import {mountHelp} from './views/help.js';
import {mountHistory} from './views/history.js';
import {mountLaws} from './views/laws.js';
import {mountLogs} from './views/logs.js';
import {makeDialogs} from './views/menu-dialogs.js';
import {mountMessages} from './views/messages.js';
import {mountNode} from './views/node.js';
import {mountSpacetime} from './views/spacetime.js';
import {mountOverlay} from './views/stage-overlay.js';
import {Tabs} from './views/topbar-tabs.js';
import {whileVisible} from './panels/visible.js';

/** @param {any} stage @param {any} ctx */
export function mountAround(stage, ctx) {
  ctx.journey = makeJourney(ctx);
  const tabs = new Tabs(byId('panel'), ctx);
  const mounts = /** @type {Record<string, any>} */ ({node: mountNode, logs: mountLogs, messages: mountMessages, code: mountCode, laws: mountLaws, events: mountEvents, history: mountHistory, cost: mountCosts,
    znodes: later(() => import('./zookeeper/explorer.js')), shell: later(() => import('./zookeeper/shell.js')), journey: later(() => import('./zookeeper/journeyview.js'))});
  const panels = Object.entries(mounts).map(([id, mount]) => mount(inner(tabs.panel(id)), ctx));
  const help = mountHelp(document.body, ctx);
  const sheet = mountExport(document.body, ctx);
  ctx.dialogs = makeDialogs(byId('stage'), ctx, {stage, help, sheet});
  // Who measures goes before who writes.
  const views = [mountSpacetime(inner(byId('spacetime')), ctx), tabs, mountOverlay(byId('stage'), ctx), ctx.dialogs.menu,
    ...panels, help, sheet];
  for (const view of views) ctx.playhead.addView(view);
}

/** @param {string} id */
const byId = id => /** @type {HTMLElement} */ (document.getElementById(id));

/** Panels may style their own root. @param {HTMLElement} root */
function inner(root) {
  return root.appendChild(document.createElement('div'));
}

/** A panel whose module is fetched when it is first seen. @param {() => Promise<any>} load */
const later = load => (/** @type {HTMLElement} */ root, /** @type {any} */ ctx) => {
  root.classList.add('p-panel');
  /** @type {any} */ let view = null;
  let asked = false;
  const draw = whileVisible(root, shown => {
    if (view) view.draw(shown);
    else if (!asked) {
      asked = true;
      Promise.all([load(), ctx.i18n.more('zookeeper')]).then(([module]) => { view = module.mount(root, ctx); draw(ctx.playhead.shown); }, () => { asked = false; });
    }
  });
  return {draw};
};

/** The request that is being followed: the event by which it left, and the messages that belong to it; what it does
 * is to be seen on the stage. @param {any} ctx */
const makeJourney = ctx => ({
  call: 0, play: false,
  /** @type {Set<number>|null} */ messages: null,
  /** @param {number} call @param {boolean} [play] */
  follow(call, play = false) {
    Object.assign(this, {call, play, messages: null});
    this.show();
    ctx.selection.set({tab: 'journey'});
    ctx.page.togglePanel(true);
    ctx.playhead.changed({all: true});
  },
  show() {
    if (!ctx.showing.names.includes('zookeeper')) ctx.showing.choose('zookeeper');
  },
});
