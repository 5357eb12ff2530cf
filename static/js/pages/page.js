/** What the pages that the server has filled share: language and theme switched in place, and rooms one click away. */

import { pageActions } from '../actions/page.js';
import { I18n } from '../core/i18n.js';
import { Page } from '../core/page.js';
import { makeRoom } from '../home/api.js';

/** @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} selector @returns {HTMLElement[]} */
export const all = (selector) => [...document.querySelectorAll(selector)].map((el) => /** @type {HTMLElement} */ (el));

/** The words of such a page: the common ones, and those of the files that the page names. @param {Page} page */
export function wordsOf(page) {
  const i18n = new I18n(page.lang());
  for (const name of (document.body.dataset.later ?? '').split(' ').filter(Boolean)) i18n.extras.add(name);
  return i18n;
}

/** The words that the server rendered, said again in another language. @param {I18n} i18n @param {string} title */
export function relabel(i18n, title) {
  document.title = i18n.t(title);
  for (const el of all('[data-t]')) el.textContent = i18n.t(el.dataset.t ?? '');
  for (const el of all('[data-en]')) el.textContent = el.dataset[i18n.lang()] ?? '';
  for (const el of all('[data-label]')) {
    const words = i18n.t(el.dataset.label ?? '');
    el.setAttribute('aria-label', words);
    if (el.matches('button')) el.title = words;
  }
}

/** The buttons for language and theme. @param {any} ctx what the page's actions need */
export function mountSwitches(ctx) {
  mountMenu();
  for (const name of ['language', 'theme']) {
    const button = byId(name);
    button.addEventListener('click', () => pageActions.find((a) => a.id === `page.${name}`)?.run(ctx, ''));
    enable(button);
  }
}

/** The menu of pages closes when one is chosen, or by Escape, or when somebody turns to something else. */
function mountMenu() {
  const menu = /** @type {HTMLDetailsElement|null} */ (document.querySelector('.h-menu'));
  if (!menu) return;
  document.addEventListener('click', (e) => {
    const at = /** @type {Element} */ (e.target);
    if (!menu.contains(at) || at.closest('a')) menu.open = false;
  });
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}

/** A button that the server wrote can be pressed from now on: before, nobody would have heard it. @param {HTMLElement} button */
const enable = (button) => button.removeAttribute('disabled');

/** Whatever has data-open makes that room and goes there; a refusal is said in #problem. @param {I18n} i18n */
export function mountOpeners(i18n) {
  let busy = false;
  all('[data-open]').forEach(enable);
  document.addEventListener('click', async (e) => {
    const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (e.target).closest('[data-open]'));
    if (!button || busy) return;
    busy = true;
    button.setAttribute('aria-busy', 'true');
    try {
      location.href = await opened(JSON.parse(button.dataset.open ?? ''));
    } catch (error) {
      const refused = /** @type {any} */ (error);
      byId('problem').textContent = refused.code ? refused.message : i18n.t('home.unreachable');
      byId('problem').scrollIntoView({ block: 'center' });
    }
    busy = false;
    button.removeAttribute('aria-busy');
  });
}

/** The address of the new room; of several protocols, the first two are seen side by side. @param {Record<string, any>} what with
 *  `show`, which of them */
async function opened({ show, ...what }) {
  const url = new URL(await makeRoom(what), location.href);
  const services = show ?? what.config?.services ?? [];
  if (services.length > 1) url.searchParams.set('show', services.slice(0, 2).join());
  return url.href;
}

/** A page without a room: what the server wrote is there already; this gives it its switches.
 * @param {(ctx: any) => void} [said] called when there are words, and whenever they have changed */
export async function startPage(said = () => {}) {
  const page = new Page('');
  const i18n = wordsOf(page);
  const ctx = { page, i18n, playhead: { changed() {} } };
  page.attach(ctx);
  const title = document.body.dataset.title ?? '';
  mountOpeners(i18n);
  await i18n.ready();
  const speak = () => {
    relabel(i18n, title);
    said(ctx);
  };
  i18n.subscribe(speak);
  mountSwitches(ctx);
  speak();
}
