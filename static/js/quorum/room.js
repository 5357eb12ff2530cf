/** The room in which the calculator's numbers are tried out: a store of N replicas, and a node beside them that coordinates. */

import { FITS, later } from './distributions.js';
import { keysAtFirst } from './ring.js';
import { fitOf } from './settings.js';

/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {import('./distributions.js').Fit} Fit */

export const MOST_CLIENTS = 6;
/** How much slower a replica becomes each way, in milliseconds. */
export const SLOW = 20;

/** The legs as they are in the room: where replicas are far apart, the coordinator is far from all. @param {Settings} settings @returns {Fit} */
export function legsOf(settings) {
  const { w, a, r, s, far } = fitOf(settings);
  const [W, A, R, S] = [w, a, r, s].map((text) => later(text, far));
  return { w: W, a: A, r: R, s: S, far: 0 };
}

/** What cannot be tried out is the rest of the fit: every site its own coordinator. @param {Settings} settings */
export const isFar = ({ fit }) => Boolean(FITS[fit]?.far);

/** @param {Settings} settings @param {number} seed */
export function roomOf(settings, seed) {
  const { n, w, r } = settings;
  const legs = legsOf(settings);
  return {
    services: ['quorum'], nodes: n + 1, clients: MOST_CLIENTS, seed, speed: 1,
    options: { quorum: { n, w, r, readRepair: false, timeout: '5s' }, 'client-quorum': { timeout: '6s' } },
    network: { delay: legs.a, delays: { StoreRequest: legs.w, Stored: legs.a, FetchRequest: legs.r, Fetched: legs.s, QuorumRequest: '0us', QuorumReply: '0us' } },
  };
}

/** Each client has a key of its own, on the same replicas as the others: n1 to nN. @param {number} n */
export const keysOf = (n) => keysAtFirst('k', MOST_CLIENTS, n + 1);

/** Client after client at work, as far as `working` goes; the others rest. @param {number} n @param {number} working @param {number} span milliseconds */
export function loadOf(n, working, span) {
  return keysOf(n).map((key, i) => `tell c${i + 1} probe ${key} ${i < working ? `0us..${Math.max(1, Math.round(span * 1000))}us` : 'off'}`);
}

/** Every client asks the node that is no replica. @param {number} n */
export const routesOf = (n) => keysOf(n).map((_, i) => `tell c${i + 1} route n${n + 1}`);

/** @param {Settings} settings */
export const levelsOf = ({ n, w, r }) => keysOf(n).map((_, i) => `tell c${i + 1} levels ${w} ${r}`);

/** A node far away, or as near as the others. @param {Settings} settings @param {string} node @param {number} more milliseconds each way */
export function slowed(settings, node, more) {
  const { w, a, r, s } = legsOf(settings);
  const [W, A, R, S] = [w, a, r, s].map((text) => later(text, more));
  return `link ${node} -- * delay ${A} delay:StoreRequest ${W} delay:Stored ${A} delay:FetchRequest ${R} delay:Fetched ${S} delay:QuorumRequest 0us delay:QuorumReply 0us`;
}
