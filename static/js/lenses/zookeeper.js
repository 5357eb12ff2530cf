/** How ZooKeeper is drawn: the ensemble is ZAB's; what comes on top are znodes, clients' sessions, and what clients are told. */

import zab from './zab.js';

const COUNTERS = 2 ** 32;

/** @type {import('../types.js').MakeLens} */
export default plain => {
  const base = zab(plain);
  return {
    ...base,

    /** Whom it votes for while it looks; else how many znodes it has. */
    centre: s => (s.role === 'looking' ? base.centre(s) : s.tree ? String(s.tree.znodes) : ''),
    cell: (txn, i, s) => ({...base.cell(txn, i, s), label: txnText(txn.command)}),
    lines(s, here) {
      const served = Object.values(s.clients ?? {}).filter((/** @type {any} */ link) => link.session).length;
      const clients = served ? [{label: here.i18n.t('note.zookeeper.clients'), value: String(served)}] : [];
      return [...base.lines(s, here), ...clients].slice(0, 3);
    },

    message(m) {
      const look = base.message(m);
      if (!(m.type in TAGS)) return look;
      const reply = m.type === 'Reply' || m.type === 'Connected';
      const ok = m.type === 'Connected' ? m.fields.session !== 0 : !m.fields.error;
      const quiet = m.type === 'KeepAlive' || m.type === 'Alive';
      const color = m.type === 'WatchedEvent' ? 'discover' : m.type === 'Disconnect' ? 'abort' : m.type === 'Revalidate' ? look.color : 'client';
      const tag = m.type === 'Call' ? CALLS[m.fields.operation?.op] ?? 'Q' : TAGS[m.type];
      return {...look, tag, color, reply, ok, small: quiet};
    },
    messageKey(m) {
      if (m.type === 'Connect') return m.fields.session ? 'Connect.again' : 'Connect';
      if (m.type === 'Connected') return m.fields.session ? 'Connected' : 'Connected.expired';
      if (m.type === 'Reply') return m.fields.error ? 'Reply.error' : 'Reply';
      if (m.type === 'WatchedEvent') return `WatchedEvent.${m.fields.event}`;
      if (m.type === 'Revalidate') return m.fields.valid ? 'Revalidate.valid' : 'Revalidate';
      return base.messageKey(m);
    },
    messageParams(m) {
      const f = m.fields;
      const op = f.operation ?? f.command?.operation ?? f.command?.body ?? f.txn?.command?.body;
      return {...base.messageParams(m), ...f, zxid: zxidText(f.zxid ?? f.txn?.zxid), lastZxid: zxidText(f.lastZxid), op: operationText(op),
        session: f.session ? `0x${f.session.toString(16)}` : '0x0', timeout: `${Math.round((f.timeout ?? 0) / 1000)} ms`,
        result: resultText(f.result), error: ERRORS[-f.error] ?? String(f.error)};
    },

    weight: rule => WEIGHTS[rule] ?? base.weight(rule),
  };
};

/** @type {Record<string, string>} */
const TAGS = {Connect: 'H', Connected: '', Call: 'Q', Reply: '', WatchedEvent: 'W', KeepAlive: '', Alive: '', Disconnect: 'X', Revalidate: 'V'};
/** What a client asks for. @type {Record<string, string>} */
const CALLS = {create: '+', create2: '+', createContainer: '+', createTTL: '+', delete: '−', setData: '=', setACL: '=', getData: '?', exists: '?', getChildren: '?', getChildren2: '?',
  getACL: '?', multi: 'M', sync: 'Y', closeSession: 'X'};
/** What a transaction does. @type {Record<string, string>} */
const SIGNS = {create: '+', delete: '−', setData: '=', setACL: '⚿', createSession: '+S', closeSession: '−S', error: '✕', multi: 'M'};
/** @type {Record<string, number>} */
const WEIGHTS = {'takes-write': 3, 'answers-write': 3, 'answers-read': 3, 'watch-fires': 4, 'session-expires': 5, 'session-open': 3, 'session-begins': 3, event: 3, 'client-asks': 3,
  'answer-to': 3, says: 1, 'program-begins': 2, 'program-ends': 1, 'server-alive': 0, 'client-alive': 0, 'not-this-connection': 0, 'no-such-connection': 1};
/** @type {Record<number, string>} */
const ERRORS = {4: 'ConnectionLoss', 8: 'BadArguments', 101: 'NoNode', 102: 'NoAuth', 103: 'BadVersion', 108: 'NoChildrenForEphemerals', 110: 'NodeExists', 111: 'NotEmpty',
  112: 'SessionExpired', 114: 'InvalidACL', 115: 'AuthFailed', 118: 'SessionMoved', 121: 'NoWatcher', 125: 'QuotaExceeded'};

/** @param {number|undefined} zxid */
const zxidText = zxid => `${Math.floor((zxid ?? 0) / COUNTERS)}.${(zxid ?? 0) % COUNTERS}`;

/** `create /a`. @param {any} op */
function operationText(op) {
  if (!op) return '';
  const name = op.op ?? op.txn ?? '';
  if (op.operations ?? op.bodies) return `${name} (${(op.operations ?? op.bodies).length})`;
  return op.path ? `${name} ${op.path}` : name;
}

/** A transaction in a log's cell, which has room for a sign and a few letters. @param {any} command */
function txnText(command) {
  const body = command?.body;
  const sign = SIGNS[body?.txn] ?? body?.txn ?? '';
  return body?.path ? sign + body.path.slice(body.path.lastIndexOf('/') + 1) : sign;
}

/** What a request was answered, short. @param {any} result */
function resultText(result) {
  if (!result) return '';
  if (result.names ?? result.paths) return `[${(result.names ?? result.paths).join(', ')}]`;
  if (result.is === 'data') return text(result.data);
  return result.path ?? (result.number !== undefined ? String(result.number) : 'OK');
}

/** @param {string|null} base64 */
function text(base64) {
  if (base64 === null) return 'null';
  const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  const words = new TextDecoder().decode(bytes.slice(0, 60));
  return `“${words}${bytes.length > 60 ? '…' : ''}”`;
}
