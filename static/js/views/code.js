/** The Code tab: the protocol's real source, the handler that just ran, and the rule's sentence beside it. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { lastEventAt } from '../panels/changes.js';
import { codeLine } from '../panels/codelines.js';
import { mutantsInForce } from '../panels/mutants.js';
import { reasons } from '../panels/sentences.js';
import { sourceOf, whatRan } from '../panels/source.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('../panels/source.js').Source} Source */

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountCode(root, ctx) {
  root.classList.add('p-panel', 'p-code-panel');
  const head = root.appendChild(document.createElement('div'));
  const body = root.appendChild(document.createElement('div'));
  body.className = 'p-code p-code-whole';
  body.tabIndex = 0;
  const page = new CodePage(ctx, head, body);
  const draw = whileVisible(root, (shown) => page.draw(shown));
  page.again = () => page.last && draw(page.last);
  return { draw };
}

class CodePage {
  /** @param {Ctx} ctx @param {HTMLElement} head @param {HTMLElement} body */
  constructor(ctx, head, body) {
    this.ctx = ctx;
    this.head = head;
    this.body = body;
    this.again = () => {};
    /** @type {Shown|undefined} */
    this.last = undefined;
    this.drawn = '';
    this.place = '';
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.last = shown;
    const event = this.eventFor(shown);
    const service = event?.service && event.service in this.ctx.store.services ? event.service : this.ctx.lens.service;
    const source = sourceOf(this.ctx.i18n.wordsOf(service), this.again);
    render(this.heading(source, event), this.head);
    if (typeof source !== 'string') this.lines(source, event);
  }

  /** The event on show if it ran any code, else the latest before it that did. @param {Shown} shown */
  eventFor(shown) {
    const mine = (/** @type {Event} */ e) => e.why.length > 0 && this.ctx.lenses.of(e.service) === this.ctx.lens;
    const event = shown.event;
    if (event && mine(event)) return event;
    const nodeEvent = event?.node ? lastEventAt((seq) => this.ctx.store.event(seq), event.node, event.service, shown.seq, 200) : undefined;
    if (nodeEvent && mine(nodeEvent)) return nodeEvent;
    for (let seq = shown.seq; seq > 0 && seq > shown.seq - 500; seq--) {
      const earlier = this.ctx.store.event(seq);
      if (!earlier || mine(earlier)) return earlier;
    }
    return undefined;
  }

  /** @param {Source|string} source @param {Event|undefined} event */
  heading(source, event) {
    const { t } = this.ctx.i18n;
    if (source === 'failed') return html`<p class="p-empty">${t('panels.code.failed')}</p>`;
    if (typeof source === 'string') return html`<p class="p-empty">${t('panels.code.loading')}</p>`;
    const ran = this.ran(source, event);
    return html`<header class="p-head"><h2 class="p-file">${source.file}</h2>
        <span class="p-facts">${ran ? html`<code>${ran.focus.name}</code>` : nothing} ${event?.node ?? ''}</span></header>
      ${event ? html`<ul class="p-rules" role="list">${reasons(this.ctx, event).map((reason) => html`<li>
        ${reason.text} ${reason.section ? html`<span class="p-section">${reason.section}</span>` : nothing}</li>`)}</ul>` : nothing}${mutantsInForce(this.ctx)}`;
  }

  /** @param {Source} source @param {Event|undefined} event */
  ran(source, event) {
    return whatRan(source.map, event, (rule) => this.ctx.lenses.of(event?.service ?? '').weight(rule));
  }

  /** The lines are rendered again only when another place in the source is concerned. @param {Source} source @param {Event|undefined} event */
  lines(source, event) {
    const ran = this.ran(source, event);
    const place = `${source.file}:${ran?.functions.map((f) => f.first)}:${ran ? [...ran.lines].join() : ''}`;
    if (place === this.place) return;
    this.place = place;
    this.body.setAttribute('aria-label', source.file);
    render(source.lines.map((pieces, i) => codeLine(pieces, i + 1, ran)), this.body);
    if (ran) this.scrollTo(ran.line);
  }

  /** @param {number} line */
  scrollTo(line) {
    const target = /** @type {HTMLElement|null} */ (this.body.querySelector(`[data-line="${line}"]`));
    if (!target) return;
    this.body.scrollTop = Math.max(0, target.offsetTop - this.body.clientHeight / 3);
  }
}
