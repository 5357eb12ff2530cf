/**
 * The socket to the room: hello, resume, back-off, and requests that end in ok or refused. What the room says is
 * handed to the store; the connection itself only knows whether it is open.
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10000;
const SILENT = 20000;
/** So many sockets must fail to open before it is believed that the network lets none through. */
const TRIES = 3;
/** The other way, once it is known to be needed: a page's connections share what they have learnt.
 * @type {typeof import('./pipe.js').Pipe|null} */
let plain = null;

/** A request that the server refused: {code, params, message}. */
export class Refused extends Error {
  /** @param {{code: string, params?: Record<string, any>, message: string}} m */
  constructor(m) {
    super(m.message);
    this.code = m.code;
    this.params = m.params ?? {};
  }
}

export class Connection {
  /** @param {{url: string, store: any, token: () => string, lang: () => string, wanted?: () => string,
   *  forget?: () => void}} options `wanted` names the private branch that a reloaded page was in, `forget` drops
   *  a token that is no longer good */
  constructor({url, store, token, lang, wanted = () => '', forget = () => {}}) {
    this.wanted = wanted;
    this.forget = forget;
    this.url = url;
    this.store = store;
    this.token = token;
    this.lang = lang;
    /** @type {'connecting'|'open'|'reconnecting'|'failed'} */
    this.state = 'connecting';
    /** @type {any} */ this.error = null;
    this.kept = true;
    /** @type {WebSocket|import('./pipe.js').Pipe|null} */ this.socket = null;
    this.failures = 0;
    /** @type {Map<string, {resolve: (v: any) => void, reject: (e: any) => void}>} */
    this.waiting = new Map();
    this.nextId = 1;
    this.attempts = 0;
    this.heard = 0;
    this.timer = 0;
    /** @type {Set<(state: string) => void>} */ this.listeners = new Set();
    document.addEventListener('visibilitychange', () => this.wakeUp());
    addEventListener('online', () => this.wakeUp());
    addEventListener('pagehide', () => this.socket?.close());
    addEventListener('pageshow', event => { if (event.persisted) this.wakeUp(); });
  }

  /** @param {(state: string) => void} fn */
  subscribe(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** @param {'connecting'|'open'|'reconnecting'|'failed'} state */
  become(state) {
    this.state = state;
    for (const fn of this.listeners) fn(state);
  }

  open() {
    clearTimeout(this.timer);
    const socket = this.socket = plain ? new plain(this.url) : new WebSocket(this.url);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.failures = 0;
      this.hello(socket);
    };
    socket.onmessage = (/** @type {{data: string}} */ event) => { if (socket === this.socket) this.hear(JSON.parse(event.data)); };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      if (!opened) this.doubt();
      this.lost();
    };
  }

  /** After three sockets that did not open, another way; and where that does not open either, sockets again. */
  async doubt() {
    if (++this.failures < TRIES && !plain) return;
    this.failures = 0;
    plain = plain ? null : (await import('./pipe.js').catch(() => null))?.Pipe ?? null;
  }

  /** Over plain HTTP, for want of anything better. */
  get plain() { return Boolean(plain); }

  /** @param {{send: (text: string) => void}} socket */
  hello(socket) {
    const {store} = this;
    const hello = /** @type {any} */ ({type: 'hello', version: 1, lang: this.lang()});
    if (this.token()) hello.token = this.token();
    if (store.branch) hello.resume = {branch: store.branch, seq: store.head, life: store.room?.life};
    else if (this.wanted()) hello.resume = {branch: this.wanted(), seq: Number.MAX_SAFE_INTEGER};
    socket.send(JSON.stringify(hello));
  }

  /** @param {any} message */
  hear(message) {
    this.heard = performance.now();
    if (message.type === 'ok') {
      this.isKept(message.kept !== false);
      return this.answer(message.id)?.resolve(message);
    }
    if (message.type === 'refused') return this.answer(message.id)?.reject(new Refused(message));
    if (message.type === 'error') return this.fail(message);
    this.store.receive(message);
    if (message.type === 'welcome') {
      this.attempts = 0;
      this.become('open');
    }
  }

  /** Whether what is done here would outlive the server; while its disk is full, it would not. @param {boolean} kept */
  isKept(kept) {
    if (kept === this.kept) return;
    this.kept = kept;
    this.become(this.state);
  }

  /** The server closes after an error; some are worth another try, most are not. An old driver's link still
   *  lets its owner watch. @param {any} message */
  fail(message) {
    this.error = message;
    if (message.code === 'bad-token' && this.token()) this.forget();
    else if (!TRANSIENT.has(message.code)) this.become('failed');
  }

  /** @param {string} id */
  answer(id) {
    const request = this.waiting.get(id);
    this.waiting.delete(id);
    return request;
  }

  lost() {
    this.socket = null;
    for (const {reject} of this.waiting.values()) reject(new Refused({code: 'offline', message: ''}));
    this.waiting.clear();
    if (this.state === 'failed') return;
    this.become(this.store.branch ? 'reconnecting' : 'connecting');
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempts++);
    this.timer = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  /** The page came back (a phone woke up): do not wait for the back-off, and do not trust a silent socket. */
  wakeUp() {
    if (document.visibilityState !== 'visible' || this.state === 'failed') return;
    this.attempts = 0;
    const silent = this.store.transport.playing && performance.now() - this.heard > SILENT;
    if (this.socket && this.socket.readyState <= WebSocket.OPEN && !silent) return;
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.become('reconnecting');
    this.open();
  }

  /** Resolved by ok, rejected by refused. @param {any} message @returns {Promise<any>} */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN || this.state !== 'open') {
      return Promise.reject(new Refused({code: 'offline', message: ''}));
    }
    const id = String(this.nextId++);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject});
      this.socket?.send(JSON.stringify({...message, id}));
    });
  }

  /** @param {string} text @param {{branch: string, seq: number, time: number}} [at] */
  command(text, at) {
    return this.send(at ? {type: 'command', text, at} : {type: 'command', text});
  }
}

const TRANSIENT = new Set(['slow', 'too-many-tokens', 'restarting', 'shutting-down']);
