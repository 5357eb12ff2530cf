/** Where the server's addresses begin: nothing, or, behind a proxy, a prefix as `/quorumscope`. This module knows its own. */
export const BASE = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');
