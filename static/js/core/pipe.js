/** What a WebSocket does, where a network lets none through: server-sent events one way, POST the other. */

import { BASE } from './base.js';

export class Pipe {
  /** @param {string} url of the WebSocket that did not open */
  constructor(url) {
    const address = new URL(url.replace(/^ws/, 'http'));
    address.pathname = address.pathname.replace(`${BASE}/ws/`, `${BASE}/sse/`);
    this.readyState = Number(WebSocket.CONNECTING);
    /** @type {(() => void)|null} */ this.onopen = null;
    /** @type {((event: {data: string}) => void)|null} */ this.onmessage = null;
    /** @type {(() => void)|null} */ this.onclose = null;
    this.post = '';
    /** One after the other, so that they arrive in order. */
    this.sent = Promise.resolve();
    this.source = new EventSource(address);
    this.source.addEventListener('open', (e) => {
      const { data } = /** @type {MessageEvent} */ (e);
      if (!data) return; // the connection itself has opened; the server's word comes next
      this.post = new URL(`${BASE}/sse/${data}`, address).href;
      this.readyState = WebSocket.OPEN;
      this.onopen?.();
    });
    this.source.addEventListener('message', (e) => this.onmessage?.(e));
    this.source.addEventListener('close', () => this.close());
    this.source.addEventListener('error', () => this.close());
  }

  /** @param {string} text */
  send(text) {
    this.sent = this.sent.then(async () => {
      const response = await fetch(this.post, { method: 'POST', body: text });
      if (!response.ok) throw new Error(String(response.status));
    }).catch(() => this.close());
  }

  close() {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.source.close();
    this.onclose?.();
  }
}
