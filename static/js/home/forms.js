/** The two other ways to a cluster of one's own: a form, and a scenario in TOML. What is wrong the server says. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { makeRoom, Problem } from './api.js';

/** @typedef {import('../types.js').I18n} I18n */

const LONGEST = 200_000;

/** What both forms share: they ask for a room and go there, or show the sentence that says why not. */
class RoomForm {
  /** @param {HTMLElement} root @param {I18n} i18n */
  constructor(root, i18n) {
    this.root = root;
    this.i18n = i18n;
    this.problem = '';
    this.busy = false;
    i18n.subscribe(() => this.draw());
  }

  draw() {
    render(this.template(), this.root);
  }

  /** @returns {any} */
  template() {
    return nothing;
  }

  /** @param {Record<string, any>} what */
  async ask(what) {
    [this.busy, this.problem] = [true, ''];
    this.draw();
    try {
      location.href = await makeRoom(what);
    } catch (error) {
      this.problem = this.sayProblem(error);
    }
    this.busy = false;
    this.draw();
  }

  /** @param {any} error */
  sayProblem(error) {
    if (!(error instanceof Problem)) return this.i18n.t('home.unreachable');
    const { line, key } = error.params;
    if (line && !error.message.includes(String(line))) return this.i18n.t('home.problem.line', { line, problem: error.message });
    return key && !error.message.includes(key) ? `${key}: ${error.message}` : error.message;
  }

  /** @param {string} key */
  submit(key) {
    return html`<div class="h-submit"><button class="h-button primary" ?disabled=${this.busy}>${this.i18n.t(this.busy ? 'home.working' : key)}</button></div>
      <p class="h-problem" role="alert">${this.problem}</p>`;
  }
}

export class ClusterForm extends RoomForm {
  /** @type {string[]} */
  mutants = [];
  values = { nodes: 5, seed: '7', preVote: false, checkQuorum: false, mutant: '' };

  /** @param {string[]} mutants */
  offer(mutants) {
    this.mutants = mutants;
    this.draw();
  }

  template() {
    const { t } = this.i18n;
    const { values } = this;
    const set = (/** @type {'nodes'|'seed'|'mutant'} */ key) => (/** @type {any} */ e) => {
      Object.assign(values, { [key]: e.target.value });
      this.draw();
    };
    return html`<form class="h-form" @submit=${(/** @type {Event} */ e) => this.send(e)}>
      <label class="h-field">${t('home.make.nodes')}<span class="h-range"><input type="range" min="1" max="9" step="1" .value=${live(String(values.nodes))}
        @input=${set('nodes')}><output>${values.nodes}</output></span></label>
      <label class="h-field">${t('home.make.seed')}<input type="text" inputmode="numeric" maxlength="24" .value=${live(values.seed)} @input=${set('seed')}></label>
      ${this.check('preVote', 'home.make.prevote')}${this.check('checkQuorum', 'home.make.checkquorum')}
      <label class="h-field wide">${t('home.make.mutant')}<select @change=${set('mutant')}>
        <option value="">${t('home.make.mutant.none')}</option>
        ${this.mutants.map((name) => html`<option value=${name} .selected=${name === values.mutant}>${t(`mutant.${name}`)}</option>`)}</select>
        <span class="h-hint">${values.mutant ? t(`mutant.${values.mutant}.text`) : nothing}</span></label>
      ${this.submit('home.make.create')}</form>`;
  }

  /** @param {'preVote'|'checkQuorum'} key @param {string} label */
  check(key, label) {
    const { t } = this.i18n;
    const flip = (/** @type {any} */ e) => (this.values[key] = e.target.checked);
    return html`<label class="h-check"><input type="checkbox" .checked=${live(this.values[key])} @change=${flip}>
      <span>${t(label)}<span class="h-hint">${t(`${label}.text`)}</span></span></label>`;
  }

  /** @param {Event} e */
  send(e) {
    e.preventDefault();
    const { nodes, seed, preVote, checkQuorum, mutant } = this.values;
    const config = { services: ['raft'], nodes: Number(nodes), seed: plainNumber(seed), options: { raft: { preVote, checkQuorum } } };
    this.ask({ config: mutant ? { ...config, mutants: { raft: mutant } } : config });
  }
}

/** What is no number goes to the server as it is, and comes back as its sentence. @param {string} text */
const plainNumber = (text) => (/^\d{1,15}$/.test(text.trim()) ? Number(text) : text);

export class StoryForm extends RoomForm {
  text = '';

  template() {
    const { t } = this.i18n;
    const type = (/** @type {any} */ e) => (this.text = e.target.value);
    return html`<form class="h-form" @submit=${(/** @type {Event} */ e) => this.send(e)}>
      <label class="h-field wide">${t('home.own.label')}<textarea rows="9" spellcheck="false" placeholder=${EXAMPLE} .value=${live(this.text)}
        @input=${type} @dragover=${allow} @drop=${(/** @type {DragEvent} */ e) => this.drop(e)}></textarea></label>
      <label class="h-button h-file">${t('home.own.file')}<input type="file" accept=".toml,text/plain" @change=${(/** @type {any} */ e) => this.read(e.target.files[0])}></label>
      ${this.submit('home.own.open')}</form>`;
  }

  /** @param {DragEvent} e */
  drop(e) {
    const file = e.dataTransfer?.files[0];
    if (!file) return;
    e.preventDefault();
    this.read(file);
  }

  /** @param {File|undefined} file */
  async read(file) {
    if (!file) return;
    this.problem = file.size > LONGEST ? this.i18n.t('home.own.toolong') : '';
    if (!this.problem) this.text = await file.text();
    this.draw();
  }

  /** @param {Event} e */
  send(e) {
    e.preventDefault();
    this.problem = this.text.trim() ? '' : this.i18n.t('home.own.empty');
    if (this.problem) this.draw();
    else this.ask({ toml: this.text });
  }
}

/** @param {DragEvent} e */
const allow = (e) => e.preventDefault();

const EXAMPLE = `title = "The leader crashes"
protocol = "raft"
nodes = 5

[[step]]
when = "leader"
do = "crash n1"`;
