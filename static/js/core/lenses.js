/** Which lens draws which service. A new protocol adds its lens here. */

import {raftLens} from '../lenses/raft.js';

/** @type {Record<string, any>} */
const LENSES = {raft: raftLens};

/** @param {string} service */
export function lensFor(service) {
  return LENSES[service] ?? raftLens;
}

/** The service that this room's stage shows: the first that has a lens. @param {Record<string, any>} services */
export function stageService(services) {
  return Object.keys(services).find(s => LENSES[s]) ?? Object.keys(services)[0] ?? 'raft';
}
