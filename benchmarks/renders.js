// Which cards React renders and which ones change on the page. `window.renders` is read by benchmarks/repaints.py.
//
// The production build of React tells a hook of its developer tools of every commit; with that hook it needs no help of
// the board. A part of the tree that was left alone is the same object as before; a component in the rest of it has run
// when it carries the flag that React keeps for those tools.
(() => {
  const PERFORMED_WORK = 1;
  const seen = (window.renders = { rendered: {}, touched: {}, commits: 0, reset() {
    Object.assign(seen, { rendered: {}, touched: {}, commits: 0 });
  } });
  const add = (counts, id) => (counts[id] = (counts[id] ?? 0) + 1);
  // A clock ticks by itself, whatever happens to other cards.
  const isClock = (props) => props && typeof props === "object" && "start" in props && "end" in props;
  const cardOf = (props) => (props && typeof props === "object" && props.store && props.card?.id) || null;

  const walk = (fiber, within) => {
    const before = fiber.alternate;
    if (isClock(fiber.memoizedProps)) return;
    const card = cardOf(fiber.memoizedProps) ?? within;
    const isComponent = typeof fiber.type !== "string" && fiber.type !== null;
    if (card && isComponent && (before === null || fiber.flags & PERFORMED_WORK)) add(seen.rendered, card);
    if (before !== null && fiber.child === before.child) return;
    for (let child = fiber.child; child; child = child.sibling) walk(child, card);
  };
  window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true,
    renderers: new Map(),
    inject: () => 1,
    onCommitFiberRoot(_, root) {
      seen.commits += 1;
      walk(root.current, null);
    },
    onCommitFiberUnmount() {},
    onPostCommitFiberRoot() {},
    checkDCE() {},
  };

  seen.watch = () => {
    const look = (records) => {
      for (const { target } of records) {
        const near = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
        const card = near?.closest("[data-card]");
        if (card && !near.closest(".elapsed")) add(seen.touched, card.dataset.card);
      }
    };
    const board = document.querySelector('[data-testid="board"]');
    new MutationObserver(look).observe(board, { subtree: true, childList: true, characterData: true, attributes: true });
  };
})();
