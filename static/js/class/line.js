/** The class's own connection, beside the room's: the same care for lost lines, another hello. */

import { BASE } from '../core/base.js';
import { Connection } from '../core/connection.js';
import { ClassModel } from './model.js';

export class ClassLine extends Connection {
  /** @param {{id: string, role: string, lang: () => string}} options */
  constructor({ id, role, lang }) {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const model = new ClassModel(role);
    super({ url: `${scheme}//${location.host}${BASE}/ws/classes/${encodeURIComponent(id)}`, store: model, token: () => '', lang });
    this.model = model;
    this.role = role;
  }

  /** @param {{send: (text: string) => void}} socket */
  hello(socket) {
    socket.send(JSON.stringify({ type: 'hello', version: 1, role: this.role, lang: this.lang() }));
  }

  /** The first thing it hears is the class as it stands. @param {any} message */
  hear(message) {
    super.hear(message);
    if (message.type === 'class' && this.state !== 'open') {
      this.attempts = 0;
      this.become('open');
    }
    if (message.type === 'deleted') this.become('failed');
  }

  /** @param {string} type @param {Record<string, any>} [fields] */
  say(type, fields = {}) {
    return this.send({ type: 'say', event: { type, ...fields } });
  }

  /** What the player of a node does. @param {string} way @param {number} [message] */
  act(way, message = 0) {
    return this.send({ type: 'act', way, message });
  }
}
