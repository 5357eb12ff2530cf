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

  /** @param {Record<string, any>} what @param {string[]} [show] the services that the room's stages show */
  async ask(what, show = []) {
    [this.busy, this.problem] = [true, ''];
    this.draw();
    try {
      const room = new URL(await makeRoom(what), location.href);
      if (show.length) room.search = `?show=${show.join()}`;
      location.assign(room);
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

/** @typedef {{name: string, mutants: {id: string}[], options: Record<string, any>, choices: Record<string, string[]>, lists: string[]}} Offered */
/** @typedef {{service: string, options: Record<string, any>, mutant: string}} Chosen */

export class ClusterForm extends RoomForm {
  /** @type {Offered[]} */
  protocols = [];
  values = { nodes: 5, seed: '7' };
  /** One protocol, or two that share the machines. @type {Chosen[]} */
  chosen = [fresh('raft')];

  /** @param {Offered[]} protocols */
  offer(protocols) {
    this.protocols = protocols;
    if (!protocols.some(({ name }) => name === this.chosen[0].service) && protocols.length) this.chosen = [fresh(protocols[0].name)];
    this.draw();
  }

  /** @param {string} service */
  named(service) {
    return this.i18n.has(`protocol.${service}`) ? this.i18n.t(`protocol.${service}`) : service;
  }

  template() {
    const { t } = this.i18n;
    const { values } = this;
    const set = (/** @type {'nodes'|'seed'} */ key) => (/** @type {any} */ e) => {
      Object.assign(values, { [key]: e.target.value });
      this.draw();
    };
    return html`<form class="h-form" @submit=${(/** @type {Event} */ e) => this.send(e)}>
      <label class="h-field">${t('home.make.nodes')}<span class="h-range"><input type="range" min="1" max="9" step="1" .value=${live(String(values.nodes))}
        @input=${set('nodes')}><output>${values.nodes}</output></span></label>
      <label class="h-field">${t('home.make.seed')}<input type="text" inputmode="numeric" maxlength="24" .value=${live(values.seed)} @input=${set('seed')}></label>
      ${this.protocol(0)}${this.protocol(1)}
      ${this.chosen.map((chosen) => this.settings(chosen))}
      ${this.submit('home.make.create')}</form>`;
  }

  /** Which protocol, and which beside it. @param {0|1} place */
  protocol(place) {
    const { t } = this.i18n;
    const here = this.chosen[place]?.service ?? '';
    const other = this.chosen[1 - place]?.service;
    const choose = (/** @type {any} */ e) => {
      const { value } = e.target;
      this.chosen = place === 0 ? [fresh(value), ...this.chosen.slice(1)] : [this.chosen[0], ...(value ? [fresh(value)] : [])];
      this.draw();
    };
    return html`<label class="h-field">${t(place ? 'home.make.beside' : 'home.make.protocol')}<select data-protocol=${place} @change=${choose}>
      ${place ? html`<option value="" .selected=${!here}>${t('home.make.alone')}</option>` : nothing}
      ${this.protocols.filter(({ name }) => name !== other).map(({ name }) => html`<option value=${name} .selected=${name === here}>${this.named(name)}</option>`)}</select></label>`;
  }

  /** A protocol's options, those to be switched first, and its known bugs. @param {Chosen} chosen */
  settings(chosen) {
    const offered = this.protocols.find(({ name }) => name === chosen.service);
    if (!offered) return nothing;
    const { t } = this.i18n;
    const simple = Object.entries(offered.options).filter(([, value]) => value === null || typeof value !== 'object' || Array.isArray(value));
    const switches = simple.filter(([, value]) => typeof value === 'boolean');
    const written = simple.filter(([, value]) => typeof value !== 'boolean');
    const bug = (/** @type {any} */ e) => {
      chosen.mutant = e.target.value;
      this.draw();
    };
    return html`<fieldset class="h-settings"><legend>${this.named(chosen.service)}</legend>
      ${switches.map(([name, value]) => this.check(chosen, name, value))}
      <label class="h-field wide">${t('home.make.mutant')}<select @change=${bug}>
        <option value="" .selected=${!chosen.mutant}>${t('home.make.mutant.none')}</option>
        ${offered.mutants.map(({ id }) => html`<option value=${id} .selected=${id === chosen.mutant}>${t(`mutant.${id}`)}</option>`)}</select>
        <span class="h-hint">${chosen.mutant ? t(`mutant.${chosen.mutant}.text`) : nothing}</span></label>
      ${written.length ? html`<details class="h-more"><summary>${t('home.make.more')}</summary><div class="h-form">
        ${written.map(([name, value]) => this.written(chosen, name, value, offered))}</div></details>` : nothing}</fieldset>`;
  }

  /** @param {Chosen} chosen @param {string} name */
  label({ service }, name) {
    return this.i18n.has(`option.${service}.${name}`) ? this.i18n.t(`option.${service}.${name}`) : name;
  }

  /** @param {Chosen} chosen @param {string} name @param {boolean} usual */
  check(chosen, name, usual) {
    const flip = (/** @type {any} */ e) => (chosen.options[name] = e.target.checked);
    return html`<label class="h-check"><input type="checkbox" .checked=${live(chosen.options[name] ?? usual)} @change=${flip}>
      <span>${this.label(chosen, name)}</span></label>`;
  }

  /** What is left empty stays as it usually is. @param {Chosen} chosen @param {string} name @param {any} usual @param {Offered} offered */
  written(chosen, name, usual, offered) {
    const choices = offered.choices[name];
    const list = offered.lists.includes(name);
    const take = (/** @type {any} */ e) => (chosen.options[name] = readAs(usual, list, e.target.value));
    const shown = list ? (usual ?? []).join(', ') : usual ?? '';
    return html`<label class="h-field">${this.label(chosen, name)}${choices
      ? html`<select @change=${take}>${choices.map((c) => html`<option value=${c} .selected=${c === (chosen.options[name] ?? usual)}>${c}</option>`)}</select>`
      : html`<input type="text" maxlength="60" autocomplete="off" spellcheck="false" placeholder=${shown} @input=${take}>`}</label>`;
  }

  /** @param {Event} e */
  send(e) {
    e.preventDefault();
    const { nodes, seed } = this.values;
    const services = this.chosen.map(({ service }) => service);
    const options = Object.fromEntries(this.chosen.map(({ service, options: all }) => [service, given(all)]));
    const mutants = Object.fromEntries(this.chosen.filter(({ mutant }) => mutant).map(({ service, mutant }) => [service, mutant]));
    this.ask({ config: { services, nodes: Number(nodes), seed: plainNumber(seed), options, mutants } }, services.length > 1 ? services : []);
  }
}

/** @param {string} service @returns {Chosen} */
const fresh = (service) => ({ service, options: {}, mutant: '' });

/** @param {Record<string, any>} options */
const given = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** An option as it was typed, in the shape that it has. @param {any} usual @param {boolean} list @param {string} text */
function readAs(usual, list, text) {
  const typed = text.trim();
  if (!typed) return undefined;
  if (list) return typed.split(/[\s,]+/).filter(Boolean);
  return typeof usual === 'number' && !Number.isNaN(Number(typed)) ? Number(typed) : typed;
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
