/** How 2PC is drawn. */

import {commitLens} from './commit.js';

/** @type {import('../types.js').MakeLens} */
export default base => commitLens(base,
  {Prepare: 'P', Vote: 'V', Commit: 'C', Abort: 'A', Ack: 'K', DecisionRequest: '?', Uncertain: 'U'}, ['Vote', 'Uncertain']);
