/** Joining a class: a code, a nickname, and a seat that this browser keeps. */

import { fetchJson } from './home/api.js';
import { all, byId, startPage } from './pages/page.js';

const form = /** @type {HTMLFormElement} */ (byId('join'));
const name = /** @type {HTMLInputElement} */ (byId('name'));

/** @param {string[]} words */
const one = (words) => words[Math.floor(Math.random() * words.length)];

/** A nickname in the page's language. @param {any} i18n */
const madeUp = (i18n) => [one(i18n.t('class.nick.first').split(' ')), one(i18n.t('class.nick.second').split(' '))].join(i18n.lang() === 'zh' ? '' : ' ');

/** @param {any} i18n */
async function join(i18n) {
  const body = { code: /** @type {HTMLInputElement|null} */ (document.getElementById('code'))?.value ?? '', id: form.dataset.id ?? '', name: name.value, lang: i18n.lang() };
  const button = /** @type {HTMLButtonElement} */ (byId('enter'));
  button.disabled = true;
  try {
    location.href = (await fetchJson('/api/join', { method: 'POST', body: JSON.stringify(body) })).url;
  } catch (error) {
    const refused = /** @type {any} */ (error);
    byId('problem').textContent = refused.code ? refused.message : i18n.t('join.unreachable');
    button.disabled = false;
  }
}

/** A class on a lesson: whoever opens it leads it. @param {string} lesson @param {any} i18n */
async function teach(lesson, i18n) {
  try {
    const { url, token } = await fetchJson('/api/classes', { method: 'POST', body: JSON.stringify({ lesson }) });
    location.href = `${url}/lead#lead=${encodeURIComponent(token)}`;
  } catch (error) {
    const refused = /** @type {any} */ (error);
    byId('problem').textContent = refused.code ? refused.message : i18n.t('join.unreachable');
    byId('problem').scrollIntoView({ block: 'center' });
  }
}

let suggested = '';
let listening = false;

startPage((ctx) => {
  const { i18n } = ctx;
  if (name.value === suggested) name.value = suggested = madeUp(i18n);
  if (listening) return;
  listening = true;
  byId('another').addEventListener('click', () => { name.value = suggested = madeUp(i18n); });
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    join(i18n);
  });
  for (const button of all('[data-teach]')) button.addEventListener('click', () => teach(button.dataset.teach ?? '', i18n));
  const button = /** @type {HTMLButtonElement} */ (byId('enter'));
  button.disabled = false;
});
