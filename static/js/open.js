/** `/open#j=…`: makes a room at the moment that the link holds, and goes there. */

import { makeRoom } from './home/api.js';
import { decodeJournal, packedIn } from './panels/link.js';

const said = /** @type {HTMLElement} */ (document.getElementById('opening'));

async function open() {
  const packed = packedIn(location.hash);
  const journal = await decodeJournal(packed ?? '').catch(() => null);
  if (!journal) {
    said.textContent = said.dataset.failed ?? '';
    return;
  }
  const { config, commands, seq, time } = journal;
  const room = new URL(await makeRoom({ journal: { config, commands, seq, time } }), location.href);
  room.search = location.search;
  location.replace(room);
}

open().catch((problem) => (said.textContent = problem.message));
