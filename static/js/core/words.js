/** Words learn from the view and the lenses what they refer to, how values read, and what a service's texts are called. */

/** The lens whose words a catalogue key belongs to: `rule.zab.commit` is ZAB's. @param {any} ctx @param {string} key */
function speaker(ctx, key) {
  const [kind, words] = key.split('.', 2);
  return kind === 'rule' || kind === 'message' || kind === 'quorum' ? ctx.lenses.all.get(words) ?? ctx.lens : ctx.lens;
}

/** @param {any} ctx */
export function teachWords(ctx) {
  const {i18n, store} = ctx;
  i18n.classify = (/** @type {string} */ name, /** @type {any} */ value, key = '') => {
    const node = typeof value === 'string' && ctx.playhead.shown.view?.nodes[value];
    return node ? (node.client ? 'client' : 'node') : speaker(ctx, key).reference(name);
  };
  i18n.say = (/** @type {string} */ name, /** @type {any} */ value, key = '') => speaker(ctx, key).say(name, value);
  i18n.wordsOf = (/** @type {string} */ service) => store.services[service]?.words ?? service;
  i18n.sectionOf = (/** @type {string} */ service, /** @type {string} */ rule) => store.services[service]?.rules?.[rule] ?? '';
}

/** A node's role in the reader's language; '' for none. @param {any} ctx @param {import('../types.js').Lens} lens @param {Record<string, any>} state */
export function roleWord(ctx, lens, state) {
  const role = lens.role(state);
  const {i18n} = ctx;
  const key = [`role.${lens.described.words}.${role}`, `role.${role}`].find(k => i18n.has(k));
  return key ? i18n.t(key) : role;
}

/** A service's name. @param {any} ctx @param {string} service */
export function serviceName(ctx, service) {
  const key = `protocol.${ctx.store.services[service]?.words ?? service}`;
  return ctx.i18n.has(key) ? ctx.i18n.t(key) : service;
}

/** The same where room is short. @param {any} ctx @param {string} service */
export function shortServiceName(ctx, service) {
  const key = `protocol.${service}.short`;
  return ctx.i18n.has(key) ? ctx.i18n.t(key) : serviceName(ctx, service);
}

/** `leader, term 3`. @param {any} ctx @param {import('../types.js').Lens} lens @param {Record<string, any>} state */
export function roleAndEra(ctx, lens, state) {
  return [roleWord(ctx, lens, state), lens.eraText(state, ctx.i18n)].filter(Boolean).join(ctx.i18n.lang() === 'zh' ? '，' : ', ');
}
