// Run in the page by browser.py: one scene, drawn every frame, either by the stage's canvas or in SVG.
async ({scene, count}) => {
  const [{Messages}, {layout}, {baseLens}, {default: raft}] = await Promise.all([
    import('/static/js/views/stage-messages.js'), import('/static/js/views/stage-layout.js'),
    import('/static/js/lenses/base.js'), import('/static/js/lenses/raft.js')]);
  const nodes = Array.from({length: 9}, (_, i) => `n${i + 1}`);
  const box = layout(960, 640, nodes, []);
  const families = {AppendEntries: 'append', AppendEntriesReply: 'append', RequestVote: 'vote', RequestVoteReply: 'vote'};
  const lens = raft(baseLens('raft', {families}));
  const types = ['AppendEntries', 'AppendEntriesReply', 'RequestVote', 'RequestVoteReply'];
  const messages = {};
  for (let id = 1; id <= count; id++) {
    const src = nodes[id % 9], dst = nodes[(id + 1 + id % 8) % 9], type = types[id % 4];
    const fields = {term: 1, entries: [{term: 1, command: null}], success: true, voteGranted: true};
    messages[id] = {id, src, dst: dst === src ? nodes[(id + 4) % 9] : dst, service: 'raft', type, fields,
      sent: 0, arrives: 1e6 + id * 1000, held: false, from: 0, at: 0, copyOf: 0};
  }
  document.body.replaceChildren();
  let draw = () => {};
  if (scene === 'canvas') {
    const canvas = document.body.appendChild(document.createElement('canvas'));
    const ctx = {lens, store: {event: () => undefined}, i18n: {t: k => k}, selection: {get: () => ({})}};
    const stage = new Messages(canvas, ctx);
    stage.place(box);
    const view = {messages, nodes: {}};
    draw = time => stage.draw({view, time, playing: true, speed: 0.02, direction: 1}, []);
  } else if (scene === 'svg') {
    const make = (name, attributes, parent) => {
      const el = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, value);
      return parent.appendChild(el);
    };
    const root = make('svg', {width: 960, height: 640}, document.body);
    const place = id => box.nodes[id];
    const figures = Object.values(messages).map(m => {
      const a = place(m.src), b = place(m.dst);
      const trail = make('line', {x1: a.x, y1: a.y, stroke: '#d55e00', 'stroke-opacity': 0.3}, root);
      const disc = make('circle', {r: 10, fill: '#d55e00', stroke: '#fff'}, root);
      const tag = make('text', {'text-anchor': 'middle', 'font-size': 11, fill: '#fff'}, root);
      tag.textContent = 'A';
      return {m, a, b, trail, disc, tag};
    });
    draw = time => {
      for (const {m, a, b, trail, disc, tag} of figures) {
        const at = Math.min(1, time / m.arrives), x = a.x + (b.x - a.x) * at, y = a.y + (b.y - a.y) * at;
        trail.setAttribute('x2', x); trail.setAttribute('y2', y);
        disc.setAttribute('cx', x); disc.setAttribute('cy', y);
        tag.setAttribute('x', x); tag.setAttribute('y', y + 4);
      }
    };
  }
  window.frames_drawn = 0;
  const start = performance.now();
  const frame = now => { draw((now - start) * 100 % 900000); window.frames_drawn++; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}
