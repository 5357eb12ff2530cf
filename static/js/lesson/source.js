/** Fetches a lesson and its run, and builds what the stage needs to play it without a server. */

import {Actions} from '../core/actions.js';
import {Refused} from '../core/connection.js';
import {Lenses} from '../core/lenses.js';
import {Playhead} from '../core/playhead.js';
import {Selection} from '../core/selection.js';
import {Showing} from '../core/showing.js';
import {Store} from '../core/store.js';
import {teachWords} from '../core/words.js';
import {fetchJson} from '../home/api.js';

/** @typedef {(string|[string, string, string[]])[]} Parts plain words; or words, their kind and what they name */
/** @typedef {{en: Parts, zh: Parts}} Said */
/** @typedef {{id: string, endpoint: boolean, words: Said, why: Said}} Choice */
/** @typedef {{question: Said, choices: Choice[], answer: string, reveal: Said}} Predict */
/** @typedef {{task: Said, hints: Said[], done: Said, allow: string[], most: number|null,
 *   solution: {when: string|null, after: string|null, do: string[]}[]}} Challenge */
/** @typedef {{id: string, start: {seq: number, time: number}, end: {seq: number, time: number}, speed: number, freeze: boolean,
 *   do: string[], focus: [string, string[]][], show: string[], panel: string|null, caption: Said, after: Said,
 *   notes: {en: string, zh: string}, predict: Predict|null, challenge: Challenge|null}} Step */
/** @typedef {{name: string, version: string, own: boolean, title: {en: string, zh: string}, services: string[], speed: number, steps: Step[]}} Lesson */

/** @param {string} name */
export const addressOf = name => `/api/lessons/${encodeURIComponent(name)}`;

/** @param {string} name @returns {Promise<Lesson>} */
export const fetchLesson = name => fetchJson(addressOf(name));

/** @param {string} name @param {any} i18n @param {Lenses} lenses @param {any} page @returns {Promise<any>} what views are given */
export async function fetchWorld(name, i18n, lenses, page) {
  const run = await fetchJson(`${addressOf(name)}/recording`);
  const store = new Store();
  const ctx = /** @type {any} */ ({store, i18n, lenses, page, selection: new Selection(), playhead: new Playhead(store)});
  ctx.lens = lenses.first;
  const refuse = () => Promise.reject(new Refused({code: 'lesson', message: i18n.t('lesson.watching')}));
  ctx.connection = {state: 'open', error: null, send: refuse, command: refuse};
  ctx.actions = new Actions(ctx, []);
  ctx.showing = new Showing(ctx);
  ctx.dialogs = {node() {}, client() {}, message() {}, link() {}, close: () => false};
  receive(store, name, run);
  lenses.describe(run.services);
  ctx.showing.settle();
  teachWords(ctx);
  return ctx;
}

/** As a room would tell it. @param {Store} store @param {string} name @param {any} run */
export function receive(store, name, {config, services, view, events, marks, now}) {
  const branch = {id: 'b1', parent: null, forkSeq: 0, forkTime: 0, head: events.length, time: now, oldest: 1, private: false};
  store.receive({type: 'welcome', room: {id: `lesson.${name}`, config, services}, you: store.you, people: store.people,
    transport: {playing: false, speed: 0.02, now}, branches: [branch], branch: branch.id, view, oldest: 1, now: 0});
  store.receive({type: 'events', branch: branch.id, now, events});
  for (const [seq, time, mark, node] of marks ?? []) store.markSet.set(`${seq} ${mark}`, {seq, time, mark, node});
}

/** A room of one's own, where a step ends or at another moment; its maker drives it. Gives its address.
 * @param {string} name @param {{step: string, seq?: number, time?: number}} at @param {{challenge?: boolean, show?: string[]}} [how] */
export async function openRoom(name, at, {challenge = false, show = []} = {}) {
  const {id, url, token} = await fetchJson(`${addressOf(name)}/rooms`, {method: 'POST', body: JSON.stringify(at)});
  const query = new URLSearchParams({lesson: name, step: at.step, ...(challenge ? {challenge: '1'} : {}), ...(show.length ? {show: show.join()} : {})});
  try {
    localStorage.setItem(`quorumscope.driver.${id}`, token);
    return `${url}?${query}`;
  } catch {
    return `${url}?${query}#driver=${encodeURIComponent(token)}`;
  }
}
