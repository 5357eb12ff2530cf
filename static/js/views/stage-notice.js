/** A sentence that appears when something was refused, long enough to be read. */

import {h} from './dom.js';

export class Notice {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.el = h('p', {class: 'notice', role: 'alert'});
    root.append(this.el);
    this.timer = 0;
  }

  /** @param {string} words */
  say(words) {
    this.el.textContent = words;
    this.el.classList.add('shown');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.el.classList.remove('shown'), 2500 + words.length * 55);
  }
}
