/** The bug museum: every case opens a room in which its bug can be watched. */

import { startPage } from './pages/page.js';

startPage();
