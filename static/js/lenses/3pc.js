/** How 3PC is drawn. */

import {commitLens} from './commit.js';

/** @type {import('../types.js').MakeLens} */
export default base => commitLens(base,
  {CanCommit: '1', Vote: 'V', PreCommit: '2', PreAbort: 'B', Ack: 'K', DoCommit: '3', Abort: 'A', Done: 'D', StateRequest: '?', StateReply: 'S'},
  ['Vote', 'Done', 'StateReply']);
