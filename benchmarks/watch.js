// What a page under measurement keeps of itself. `window.bench` is read by benchmarks/screen.py.
(() => {
  const STAMP = /#(\d{6,}) (\d{13}\.\d)/;
  const LAST = '[data-testid$="-last-log"]';
  const LINE = '[data-testid="log-line"]';
  // The page's clock has the origin of its process; this brings it to the clock of the load service.
  const clockOffset = () => {
    const before = Date.now();
    let edge = before;
    while (edge === before) edge = Date.now();
    return edge - (performance.timeOrigin + performance.now());
  };
  const bench = (window.bench = {
    reset() {
      Object.assign(bench, { offset: clockOffset(), delays: [], newest: {}, shown: 0, backwards: 0, longTasks: [] });
    },
    now: () => performance.timeOrigin + performance.now() + bench.offset,
    atEvent: (event) => performance.timeOrigin + event.timeStamp + bench.offset,
    note(name, text, at) {
      const found = STAMP.exec(text);
      if (!found) return;
      const number = Number(found[1]);
      const before = bench.newest[name] ?? 0;
      if (number === before) return;
      bench.backwards += number < before;
      bench.newest[name] = number;
      bench.shown += 1;
      bench.delays.push(at - Number(found[2]));
    },
    watchCards() {
      const touched = new Set();
      const look = (records) => {
        const at = bench.now();
        for (const { target, addedNodes } of records) {
          const near = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target)?.closest(LAST);
          if (near) touched.add(near);
          for (const node of addedNodes) {
            if (node.nodeType === Node.ELEMENT_NODE) node.querySelectorAll(LAST).forEach((one) => touched.add(one));
          }
        }
        touched.forEach((one) => bench.note(one.dataset.testid, one.textContent, at));
        touched.clear();
      };
      const board = document.querySelector('[data-testid="board"]');
      new MutationObserver(look).observe(board, { subtree: true, childList: true, characterData: true });
    },
    newestLine() {
      let newest = null;
      for (const one of document.querySelectorAll(LINE)) {
        if (!newest || Number(one.dataset.seq) > Number(newest.dataset.seq)) newest = one;
      }
      return newest;
    },
    watchLog(until) {
      // From the click on the tab until line `until` is there; from then on each new newest line.
      bench.openedMs = null;
      let clicked = null;
      const onClick = (event) => {
        if (event.target.closest('[data-testid="tab-log"]')) clicked = bench.atEvent(event);
      };
      document.addEventListener("click", onClick, true);
      const look = () => {
        const line = bench.newestLine();
        if (!line) return;
        const at = bench.now();
        if (bench.openedMs === null && clicked !== null && Number(line.dataset.seq) >= until) bench.openedMs = at - clicked;
        bench.note("log", line.textContent, at);
      };
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-seq"] });
    },
    watchClicks(hook) {
      bench.clickedAt = null;
      const onClick = (event) => {
        if (event.target.closest(`[data-testid="${hook}"]`)) bench.clickedAt = bench.atEvent(event);
      };
      document.addEventListener("click", onClick, true);
    },
    watchFrames() {
      bench.frames = [];
      const note = (at) => {
        bench.frames.push(at);
        bench.framing = requestAnimationFrame(note);
      };
      bench.framing = requestAnimationFrame(note);
    },
    takeFrames() {
      cancelAnimationFrame(bench.framing);
      return bench.frames;
    },
    forgetMoves() {
      Object.assign(bench, { clickedAt: null, releasedAt: null, takenAt: {}, savedAt: {} });
    },
    watchSaving() {
      bench.forgetMoves();
      const look = (records) => {
        const at = bench.now();
        for (const { target, addedNodes } of records) {
          // A card that has come into another column is another element.
          const cards = [target, ...[...addedNodes].filter((node) => node.nodeType === Node.ELEMENT_NODE)];
          for (const card of cards.flatMap((one) => (one.dataset?.card ? [one] : [...one.querySelectorAll("[data-card]")]))) {
            const id = card.dataset.card;
            if (card.dataset.saving) bench.takenAt[id] ??= at;
            else if (bench.takenAt[id]) bench.savedAt[id] ??= at;
          }
        }
      };
      const board = document.querySelector('[data-testid="board"]');
      new MutationObserver(look).observe(board, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-saving"] });
    },
    watchReleases() {
      bench.releasedAt = null;
      window.addEventListener("mouseup", (event) => (bench.releasedAt = bench.atEvent(event)), true);
    },
  });
  bench.reset();
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) bench.longTasks.push(task.duration);
  }).observe({ type: "longtask" });
})();
