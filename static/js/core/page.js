/** What belongs to this browser alone: language, theme, the driver's token, whether the panel is open. */

import {THEMES} from '../actions/page.js';
import {Refused} from './connection.js';

const LANG = 'quorumscope.lang';
const THEME = 'quorumscope.theme';

export class Page {
  /** @param {string} room */
  constructor(room) {
    this.room = room;
    this.root = document.documentElement;
    this.theme = stored(THEME) || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    this.token = this.findToken();
    /** @type {any} */ this.ctx = null;
    this.applyTheme();
    this.applyLang(this.lang());
  }

  /** @param {any} ctx */
  attach(ctx) {
    this.ctx = ctx;
  }

  /** A driver's link carries the token in its fragment; it is kept here and taken out of the address. */
  findToken() {
    const key = `quorumscope.driver.${this.room}`;
    const given = new URLSearchParams(location.hash.slice(1)).get('driver');
    if (given) {
      store(key, given);
      history.replaceState(null, '', location.pathname + location.search);
    }
    return given ?? stored(key);
  }

  /** The link is from before the server's restart, or another room's. */
  forgetToken() {
    this.token = '';
    store(`quorumscope.driver.${this.room}`, '');
  }

  /** @returns {'en'|'zh'} */
  lang() {
    const wanted = stored(LANG) || this.root.lang;
    return wanted.startsWith('zh') ? 'zh' : 'en';
  }

  /** @param {string} lang */
  applyLang(lang) {
    this.root.lang = lang === 'zh' ? 'zh-CN' : 'en';
  }

  /** @param {'en'|'zh'} lang */
  async setLang(lang) {
    await this.ctx.i18n.ready(lang).catch(() => { throw new Refused({code: 'offline', message: ''}); });
    store(LANG, lang);
    this.applyLang(lang);
    await this.ctx.i18n.setLang(lang);
  }

  nextTheme() {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length];
    store(THEME, this.theme);
    this.applyTheme();
    this.ctx.playhead.changed({theme: true, all: true});
  }

  applyTheme() {
    this.root.dataset.theme = this.theme;
  }

  /** @param {boolean} [open] */
  togglePanel(open) {
    document.body.classList.toggle('panel-open', open);
    this.ctx?.playhead.changed({size: true});
  }

  /** A private branch survives a reload: its name is all that is needed. @param {any} store_ */
  remember(store_) {
    session(this.room, store_.isPrivate ? store_.branch : '');
  }

  privateBranch() {
    return session(this.room);
  }

  /** Before the first picture there is no top bar to say that the line is down. @param {any} connection @param {any} i18n */
  line(connection, i18n) {
    const el = document.getElementById('opening');
    if (!el) return;
    const failed = connection.state === 'failed';
    el.textContent = failed ? connection.error?.message || i18n.t('stage.connection.failed') : i18n.t(`stage.connection.${connection.state}`);
  }
}

/** @param {string} key */
function stored(key) {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} key @param {string} value */
function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch { /* a browser that keeps nothing still works */ }
}

/** @param {string} room @param {string} [branch] */
function session(room, branch) {
  const key = `quorumscope.branch.${room}`;
  try {
    if (branch !== undefined) sessionStorage.setItem(key, branch);
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}
