/** The gallery: every scenario that is installed, one click from a cluster of one's own. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { fetchJson, makeRoom } from './api.js';
import { still } from './stills.js';

/** @typedef {import('./story.js').Scenario} Scenario */
/** @typedef {import('../types.js').I18n} I18n */

/** @param {HTMLElement} root @param {I18n} i18n */
export function mountGallery(root, i18n) {
  /** @type {Scenario[]|null} */
  let scenarios = null;
  let problem = '';
  let opening = '';

  const draw = () => render(body(), root);
  const open = async (/** @type {string} */ name) => {
    if (opening) return;
    [opening, problem] = [name, ''];
    draw();
    try {
      location.href = await makeRoom({ scenario: name });
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
    }
    opening = '';
    draw();
  };
  const body = () => {
    if (!scenarios) return html`<p class="h-note">${problem || i18n.t('home.working')}</p>`;
    if (!scenarios.length) return html`<p class="h-note">${i18n.t('home.gallery.none')}</p>`;
    return html`<ul class="h-cards" role="list">${scenarios.map((s) => card(s, i18n, opening === s.name, open))}</ul>
      <p class="h-problem" role="alert">${problem}</p>`;
  };

  fetchJson('/api/scenarios').then((list) => (scenarios = list), (error) => {
    problem = i18n.t('home.gallery.failed', { problem: error.message });
  }).finally(draw);
  i18n.subscribe(draw);
  draw();
}

/** @param {Scenario} scenario @param {I18n} i18n @param {boolean} opening @param {(name: string) => void} open */
function card(scenario, i18n, opening, open) {
  const lang = i18n.lang();
  const { mutant } = scenario.picture;
  return html`<li class="h-card"><button aria-busy=${opening} @click=${() => open(scenario.name)}>
    ${still(scenario)}
    <span class="h-card-text"><b>${scenario.title[lang] ?? scenario.title.en}</b>
      <span>${scenario.summary[lang] ?? scenario.summary.en}</span></span>
    ${mutant ? html`<span class="h-bug">${i18n.t('home.bug', { name: i18n.t(`mutant.${mutant}`) })}</span>` : nothing}
    <span class="h-card-foot"><span>${i18n.t(`protocol.${scenario.protocol}`)} · ${i18n.t('home.nodes', { count: scenario.nodes })}</span>
      <span class="h-go">${i18n.t(opening ? 'home.working' : 'home.gallery.open')} <span aria-hidden="true">→</span></span></span>
  </button></li>`;
}
