/** What all actions share: may this person act, and how a command leaves for the shown moment. */

/** True, or why this person cannot change the cluster now. @param {any} ctx @returns {true|string} */
export function mayAct(ctx) {
  if (ctx.connection.state !== 'open') return 'actions.why.offline';
  return ctx.playhead.mayDrive ? true : 'actions.why.viewer';
}

/** The first reason that is not true. @param {...(true|string)} reasons @returns {true|string} */
export function all(...reasons) {
  return reasons.find(r => r !== true) ?? true;
}

/** Where an intervention applies: nowhere in particular when live, else the shown moment. @param {any} ctx */
export function moment(ctx) {
  const {live, branch, seq, time} = ctx.playhead.shown;
  return live ? undefined : {branch, seq: Math.max(seq, ctx.store.oldest), time: Math.floor(time)};
}

/** Sends a command; one given in the past starts a branch there. @param {any} ctx @param {string} text */
export function command(ctx, text) {
  return ctx.connection.command(text, moment(ctx));
}

/** One word to the server, whatever is in it; a plain one stays plain. @param {string} word */
export const quoted = word => (/^[\w.:+*/@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);

/** @param {any} ctx @param {string} id */
export function node(ctx, id) {
  return ctx.playhead.shown.view?.nodes[id];
}

/** @param {any} ctx @param {string|number} id */
export function message(ctx, id) {
  return ctx.playhead.shown.view?.messages[id];
}

/** @param {any} ctx */
export function network(ctx) {
  return ctx.playhead.shown.view?.network ?? {cut: [], groups: [], manual: false, rules: []};
}

/** Says which service is meant, where a room has several. @param {any} ctx @param {string} service */
export const on = (ctx, service) => (ctx.lenses.names.length > 1 ? ` on ${service}` : '');

/** @param {any} ctx @returns {string[]} */
export function members(ctx) {
  const nodes = ctx.playhead.shown.view?.nodes ?? {};
  return Object.keys(nodes).filter(id => !nodes[id].client);
}

/** @param {any} ctx @returns {string[]} */
export function clients(ctx) {
  const nodes = ctx.playhead.shown.view?.nodes ?? {};
  return Object.keys(nodes).filter(id => nodes[id].client);
}
