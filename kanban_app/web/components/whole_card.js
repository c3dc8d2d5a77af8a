// Cards as the server sends them, without what goes without saying (`states/shapes.py`), made whole.

// A card that has not changed stays the same object, by which its part of the page knows that it has not.
const made = new WeakMap();

const notBegun = (id) => ({ id, state: "pending", percent: 0, started_at: null, finished_at: null });

const wholeCard = (lean, blank) => {
  if (!made.has(lean)) {
    const { stages = blank.stages } = lean;
    made.set(lean, { ...blank, stage_states: stages.map(notBegun), ...lean });
  }
  return made.get(lean);
};

/** All cards of the shards, by their ids. */
export const wholeCards = (shards, blank) =>
  Object.fromEntries(shards.flatMap(Object.entries).map(([id, lean]) => [id, wholeCard(lean, blank)]));
