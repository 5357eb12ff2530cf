/** Everything that opens over the stage, in one place, so that Escape and the actions can find it. */

import {BranchesDialog} from './branches.js';
import {Menu} from './menu.js';
import {clientMenu, linkMenu, messageMenu, nodeMenu, orderMenu} from './menu-contents.js';
import {PartitionDialog} from './partition.js';

/** @typedef {import('./menu.js').Spot} Spot */

/** @param {HTMLElement} stageRoot @param {any} ctx @param {{stage: any, help: any, sheet: any}} views */
export function makeDialogs(stageRoot, ctx, views) {
  const menu = new Menu(stageRoot, ctx);
  const partition = new PartitionDialog(document.body, ctx);
  const branches = new BranchesDialog(document.body, ctx);
  /** @param {string} kind @param {any} id @param {Spot} [spot] */
  const at = (kind, id, spot) => spot ?? views.stage.where(kind, id);
  return {
    menu,
    node: (/** @type {string} */ id, /** @type {Spot} */ spot) => menu.open(at('node', id, spot),
      ctx.playhead.shown.view?.nodes[id]?.client ? clientMenu(ctx, {client: id}, () => menu.close()) : nodeMenu(ctx, id)),
    message: (/** @type {number} */ id, /** @type {Spot} */ spot) => menu.open(at('message', id, spot), messageMenu(ctx, id)),
    link: (/** @type {any} */ link, /** @type {Spot} */ spot) => menu.open(spot, linkMenu(ctx, link)),
    client: (/** @type {string} */ id, /** @type {Spot} */ spot) => menu.open(at('node', id, spot), clientMenu(ctx, {client: id}, () => menu.close())),
    request: (/** @type {{client?: string, at?: string}} */ target) => menu.open(at('node', target.at ?? target.client), clientMenu(ctx, target, () => menu.close())),
    order: (/** @type {{id: string, order: string}} */ target) => menu.open(at('node', target.id), orderMenu(ctx, target, () => menu.close())),
    partition: () => partition.open(),
    branches: () => branches.open(),
    help: () => views.help.toggle?.() ?? views.help.open(),
    exports: () => views.sheet.open(),
    link_: () => views.sheet.link(),
    close: () => menu.close(),
  };
}
