/** The forms of the explorer: each makes one request of the reader's own client, and says what that will do. */

import {html, nothing} from '../../vendor/lit-html/lit-html.js';
import {aclSentence} from './detail.js';
import {PERMS, base64Of, bytesOf, fromHex, join, nameOf, textOf} from './values.js';

const OPEN = [{perms: 31, scheme: 'world', id: 'anyone'}];
const FLAGS = {persistent: 0, ephemeral: 1, container: 4, ttl: 5};
/** No request is larger; a command is a line of text. */
const MOST = 9000;

/** @typedef {{id: string, path: string, node: any, fields: any, problem: string, acl: any[], changed: boolean}} Form */

export class Forms {
  /** @param {any} explorer */
  constructor(explorer) {
    this.explorer = explorer;
    /** @type {Form|null} */ this.form = null;
  }

  get t() { return this.explorer.ctx.i18n.t; }

  /** @param {string} id @param {string} path @param {any} node */
  open(id, path, node) {
    const bytes = bytesOf(node.data);
    const text = bytes && textOf(bytes);
    const fields = {face: text === null && bytes?.length ? 'base64' : 'text', text: text ?? node.data ?? '', null: node.data === null,
      name: id === 'create' ? '' : id === 'copy' ? `${path}-copy` : path, kind: 'persistent', sequential: false, ttl: '60000', user: '', password: ''};
    this.form = {id, path, node, fields, problem: '', acl: node.acl.map((/** @type {any} */ a) => ({...a})), changed: false};
    this.explorer.again();
    const dialog = this.explorer.root.querySelector('dialog.z-form');
    if (dialog && !dialog.open) dialog.showModal();
  }

  close() {
    this.explorer.root.querySelector('dialog.z-form')?.close();
    this.form = null;
    this.explorer.again();
  }

  dialog() {
    const {form, t} = this;
    const title = form ? t(`zk.form.${form.id}`, {path: form.path}) : '';
    return html`<dialog class="sheet z-form" aria-label=${title} @cancel=${() => this.close()}
        @keydown=${(/** @type {Event} */ e) => e.stopPropagation()}>${form ? html`<form @submit=${(/** @type {Event} */ e) => { e.preventDefault(); this.submit(); }}>
      <header><h2>${title}</h2><button type="button" class="plain" aria-label=${t('stage.close')} @click=${() => this.close()}>✕</button></header>
      <p class="lead">${t(`zk.act.${form.id}.text`)}</p>
      ${this.body(form)}
      ${form.problem ? html`<p class="z-problem" role="alert">${form.problem}</p>` : nothing}
      <p class="z-buttons"><button type="submit" class="primary">${t(form.changed ? 'zk.form.anyway' : `zk.do.${form.id}`)}</button>
        <button type="button" @click=${() => this.close()}>${t('zk.form.cancel')}</button></p></form>` : nothing}</dialog>`;
  }

  /** @param {Form} form */
  body(form) {
    const {t} = this;
    const changed = this.changedSince(form);
    switch (form.id) {
      case 'edit': return html`${changed ? html`<p class="z-problem" role="alert">${changed}</p>` : nothing}${this.dataFields(form)}`;
      case 'create': return html`${this.field('name', t('zk.form.name'), 'text')}${this.kinds(form)}${this.dataFields(form)}`;
      case 'copy': case 'rename': return html`${this.field('name', t('zk.form.to'), 'text')}<p class="p-aside">${t('zk.form.atomic')}</p>`;
      case 'acl': return this.aclFields(form);
      case 'import': return html`<label class="z-field"><span>${t('zk.form.file')}</span><input type="file" accept=".json,application/json"
        @change=${async (/** @type {any} */ e) => { form.fields.text = await e.target.files[0]?.text() ?? ''; this.explorer.again(); }}></label>
        <textarea class="z-text" rows="8" spellcheck="false" aria-label=${t('zk.form.json')} .value=${form.fields.text} @input=${this.set('text')}></textarea>`;
      default: return nothing;
    }
  }

  /** What somebody else has done to it meanwhile. @param {Form} form */
  changedSince(form) {
    const now = this.explorer.source.known.get(form.path)?.node;
    if (!now) return this.t('zk.form.gone');
    return now.stat.version === form.node.stat.version ? '' : this.t('zk.form.changed', {was: form.node.stat.version, now: now.stat.version});
  }

  /** @param {string} name */
  set(name) {
    return (/** @type {any} */ e) => {
      if (!this.form) return;
      this.form.fields[name] = e.target.type === 'checkbox' ? e.target.checked : e.target.value;
      this.form.problem = '';
      this.explorer.again();
    };
  }

  /** @param {string} name @param {string} label @param {string} type */
  field(name, label, type) {
    return html`<label class="z-field"><span>${label}</span><input type=${type} autocomplete="off" spellcheck="false" .value=${this.form?.fields[name]} @input=${this.set(name)}></label>`;
  }

  /** @param {Form} form */
  kinds(form) {
    const {t} = this;
    const {fields} = form;
    return html`<fieldset class="z-kinds"><legend>${t('zk.form.kind')}</legend>${Object.keys(FLAGS).map(kind => html`<label><input type="radio" name="kind"
        value=${kind} .checked=${fields.kind === kind} @change=${this.set('kind')}> ${t(`zk.kind.${kind}`)}</label>`)}
      ${fields.kind === 'container' ? nothing : html`<label><input type="checkbox" .checked=${fields.sequential} @change=${this.set('sequential')}> ${t('zk.kind.sequential')}</label>`}
      ${fields.kind === 'ttl' ? this.field('ttl', t('zk.form.ttl'), 'number') : nothing}
      <p class="p-aside">${t(`zk.kind.${fields.kind}.text`)}</p></fieldset>`;
  }

  /** @param {Form} form */
  dataFields(form) {
    const {t} = this;
    const {fields} = form;
    const face = (/** @type {string} */ name) => html`<button type="button" aria-pressed=${fields.face === name} @click=${() => this.turn(name)}>${t(`zk.face.${name}`)}</button>`;
    return html`<div class="z-bar"><span>${t('zk.data')}</span><div class="p-segments" role="group" aria-label=${t('zk.data.as')}>${['text', 'hex', 'base64'].map(face)}</div>
      <label class="z-live"><input type="checkbox" .checked=${fields.null} @change=${this.set('null')}> null</label></div>
      <textarea class="z-text" rows="6" spellcheck="false" aria-label=${t('zk.data')} ?disabled=${fields.null} .value=${fields.text} @input=${this.set('text')}></textarea>`;
  }

  /** The same bytes, written otherwise. @param {string} face */
  turn(face) {
    const {form} = this;
    if (!form) return;
    const bytes = this.bytes(form);
    if (!bytes) form.problem = this.t('zk.form.unreadable');
    else {
      const text = face === 'text' ? textOf(bytes) : face === 'hex' ? [...bytes].map(b => b.toString(16).padStart(2, '0')).join(' ') : base64Of(bytes);
      if (text === null) form.problem = this.t('zk.form.notext');
      else Object.assign(form.fields, {face, text});
    }
    this.explorer.again();
  }

  /** @param {Form} form @returns {Uint8Array|null} */
  bytes({fields}) {
    if (fields.face === 'text') return new TextEncoder().encode(fields.text);
    if (fields.face === 'hex') return fromHex(fields.text);
    try { return bytesOf(fields.text.replace(/\s+/g, '')); } catch { return null; }
  }

  /** @param {Form} form */
  aclFields(form) {
    const {t} = this;
    const change = (/** @type {any} */ entry, /** @type {string} */ name) => (/** @type {any} */ e) => {
      entry[name] = e.target.value;
      if (name === 'scheme') entry.id = {world: 'anyone', auth: '', ip: '127.0.0.1', digest: ''}[/** @type {string} */ (entry.scheme)];
      this.explorer.again();
    };
    const flip = (/** @type {any} */ entry, /** @type {number} */ bit) => () => { entry.perms ^= bit; this.explorer.again(); };
    const remove = (/** @type {any} */ entry) => () => { form.acl = form.acl.filter(a => a !== entry); this.explorer.again(); };
    const add = () => { form.acl = [...form.acl, {perms: 1, scheme: 'world', id: 'anyone'}]; this.explorer.again(); };
    return html`${form.acl.map(entry => html`<fieldset class="z-entry"><legend>${aclSentence(t, entry)}</legend>
        <select aria-label=${t('zk.acl.scheme')} .value=${entry.scheme} @change=${change(entry, 'scheme')}>${['world', 'auth', 'digest', 'ip'].map(s => html`<option value=${s} .selected=${entry.scheme === s}>${s}</option>`)}</select>
        ${entry.scheme === 'world' || entry.scheme === 'auth' ? nothing : html`<input aria-label=${t('zk.acl.id')} placeholder=${entry.scheme === 'digest' ? 'user:base64(sha1)' : '10.0.0.0/8'} .value=${entry.id} @input=${change(entry, 'id')}>`}
        <span class="z-perms">${PERMS.map(([letter, bit]) => html`<label title=${t(`zk.acl.may.${letter}`)}><input type="checkbox" .checked=${Boolean(entry.perms & bit)} @change=${flip(entry, bit)}>${letter}</label>`)}</span>
        <button type="button" class="plain" aria-label=${t('zk.acl.remove')} @click=${remove(entry)}>✕</button>
        <p class="p-aside">${t(`zk.acl.scheme.${entry.scheme}`)}</p>${entry.scheme === 'digest' ? this.digestHelp(form, entry) : nothing}</fieldset>`)}
      <button type="button" @click=${add}>${t('zk.acl.add')}</button>
      ${form.acl.some(a => a.perms & 16) ? nothing : html`<p class="z-problem">${t('zk.acl.noadmin')}</p>`}`;
  }

  /** @param {Form} form @param {any} entry */
  digestHelp(form, entry) {
    const {t} = this;
    const make = async () => {
      const {user, password} = form.fields;
      const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(`${user}:${password}`));
      entry.id = `${user}:${base64Of(new Uint8Array(hash))}`;
      this.explorer.again();
    };
    if (!crypto.subtle) return nothing; // only where the page came safely
    return html`<span class="z-bar">${this.field('user', t('zk.acl.user'), 'text')}${this.field('password', t('zk.acl.password'), 'text')}
      <button type="button" @click=${make}>${t('zk.acl.make')}</button></span>`;
  }

  // --- doing it ------------------------------------------------------------------------------------------------

  async submit() {
    const {form} = this;
    if (!form) return;
    const operation = await this.operation(form).catch(error => { form.problem = error.message; return null; });
    if (operation && JSON.stringify(operation).length > MOST) form.problem = this.t('zk.form.toolarge', {most: MOST});
    if (!operation || form.problem) return this.explorer.again();
    this.close();
    const outcome = await this.explorer.perform(this.t(`zk.form.${form.id}`, {path: form.path}), operation);
    if (outcome?.error === 0 && form.id === 'create') await this.explorer.source.toggle(form.path, true);
    return undefined;
  }

  /** @param {Form} form @returns {Promise<Record<string, any>|null>} */
  async operation(form) {
    const {id, path, node, fields} = form;
    const {t} = this;
    const at = (/** @type {string} */ to) => { if (!to.startsWith('/') || (to.length > 1 && to.endsWith('/'))) throw new Error(t('zk.form.badpath')); return to; };
    if (id === 'edit') return this.edit(form);
    if (id === 'create') {
      if (!fields.name || fields.name.includes('/')) throw new Error(t('zk.form.badname'));
      return this.create(join(path, fields.name), this.data(form), fields.kind, fields.sequential, OPEN, Number(fields.ttl));
    }
    if (id === 'delete') return {op: 'delete', path, version: node.stat.version};
    if (id === 'acl') return {op: 'setACL', path, acl: form.acl, version: node.stat.aversion};
    if (id === 'import') return this.importing(path, fields.text);
    const rows = await this.below(path);
    const removals = rows.map(row => ({op: 'delete', path: row.path, version: -1})).reverse();
    if (id === 'deleteall') return {op: 'multi', operations: removals};
    const to = at(fields.name);
    if (to === path || to.startsWith(`${path}/`)) throw new Error(t('zk.form.inside'));
    const creations = rows.map(row => this.create(to + row.path.slice(path.length), dataOf(row), row.kind, false, row.acl, row.ttl));
    return {op: 'multi', operations: id === 'copy' ? creations : [...creations, ...removals]};
  }

  /** With the version that was opened: somebody else's change is not run over unseen. @param {Form} form */
  edit(form) {
    const {path, node} = form;
    const now = this.explorer.source.known.get(path)?.node;
    if (now && now.stat.version !== node.stat.version && !form.changed) {
      form.changed = true;
      throw new Error(this.t('zk.form.changed', {was: node.stat.version, now: now.stat.version}));
    }
    return {op: 'setData', path, data: this.data(form), version: now?.stat.version ?? node.stat.version};
  }

  /** @param {Form} form @returns {string|null} */
  data(form) {
    if (form.fields.null) return null;
    const bytes = this.bytes(form);
    if (!bytes) throw new Error(this.t('zk.form.unreadable'));
    return base64Of(bytes);
  }

  /** @param {string} path @param {string|null} data @param {string} kind @param {boolean} sequential @param {any[]} acl @param {number} [ttl] */
  create(path, data, kind, sequential, acl, ttl) {
    const flags = FLAGS[/** @type {'persistent'} */ (kind)] + (kind === 'ttl' ? Number(sequential) : sequential ? 2 : 0);
    const op = kind === 'container' ? 'createContainer' : kind === 'ttl' ? 'createTTL' : 'create';
    return {op, path, data, acl, flags, ...(kind === 'ttl' && {ttl: ttl ?? 60000})};
  }

  /** @param {string} path @returns {Promise<any[]>} a znode and all below it, parents first */
  async below(path) {
    const {base, source, fetchJson} = this.explorer;
    return (await fetchJson(`${base}/export?${source.query}&${new URLSearchParams({path})}`)).znodes;
  }

  /** What an export has, under `path` in place of its own root. @param {string} path @param {string} text */
  importing(path, text) {
    const {t} = this;
    /** @type {any} */ let given;
    try { given = JSON.parse(text); } catch { throw new Error(t('zk.form.nojson')); }
    const root = given?.zookeeper?.root;
    if (typeof root !== 'string' || !Array.isArray(given.znodes)) throw new Error(t('zk.form.noexport'));
    const to = join(path, nameOf(root) || 'imported');
    const rows = given.znodes.filter((/** @type {any} */ row) => !(`${row.path}/`).startsWith('/zookeeper/'));
    const moved = (/** @type {string} */ p) => (root === '/' ? (p === '/' ? to : to + p) : to + p.slice(root.length));
    return {op: 'multi', operations: rows.map((/** @type {any} */ row) => this.create(moved(row.path), dataOf(row), row.kind ?? 'persistent', false, row.acl ?? OPEN, row.ttl))};
  }
}

/** @param {any} row of an export */
const dataOf = row => ('text' in row ? base64Of(new TextEncoder().encode(row.text)) : row.data ?? null);

