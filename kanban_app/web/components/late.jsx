// Parts of the page whose code comes after that of the page: each in its turn, at once when somebody waits for it.
import { memo, useEffect, useState } from "react";
import { say } from "./board_link.js";
import { inQuiet } from "./quiet.js";
import { slot } from "./slot.js";

const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

let first = Promise.resolve();

/** When the code of a part is fetched that nobody waits for yet. */
const TURNS = {
  first: (fetch) => {
    const code = fetch();
    first = Promise.allSettled([first, code]);
    return code;
  },
  // Together with the first ones they would share the line with them. Which those are is known when all are declared.
  next: (fetch) => Promise.resolve().then(() => first).then(fetch),
  "in quiet": (fetch) => TURNS.next(() => new Promise(inQuiet)).then(fetch),
  "when wanted": () => new Promise(() => {}),
};

/** In the place of a part that is needed where it stands. */
function Missing({ name, trying, onAgain }) {
  return (
    <div className="missing" data-testid="part-missing">
      <div role="alert">
        <h2>{name} could not be loaded</h2>
        <p>Its code did not arrive. It is tried again by itself, and at once when the network is back.</p>
      </div>
      <button type="button" className="button primary" data-testid="part-again" onClick={onAgain}>
        {trying ? "Trying…" : "Try again"}
      </button>
    </div>
  );
}

/** Is the popup with this id open? */
const useOpen = (id) => {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const popup = id && document.getElementById(id);
    if (!popup) return undefined;
    const look = () => setOpen(popup.matches(":popover-open"));
    look();
    popup.addEventListener("toggle", look);
    return () => popup.removeEventListener("toggle", look);
  }, [id]);
  return open;
};

/**
 * A component whose code `load` fetches; its children stand in its place until then. A press that wants it is not lost:
 * it has led to a state, which is there when the code comes. What stands `within` a popup is wanted while that is open.
 * When it does not come, what is `needed` where it stands says so under that name in its place.
 * Its `ahead` fetches the code before it is drawn, and then it is drawn at once.
 *
 * React's own `lazy` tries once, and shows what waits even where the code has come long ago, and then for 300 ms.
 */
export function later(load, turn) {
  const part = slot();
  let coming = null;
  const fetch = () => {
    coming ??= load().then(part.put, (error) => {
      coming = null;
      throw error;
    });
    return coming;
  };
  // Pages are also rendered when they are built.
  const inTurn = typeof window === "undefined" ? null : TURNS[turn](fetch);
  inTurn?.catch(() => null);

  function Late({ wanted: asked, within, needed, children, ...rest }) {
    const open = useOpen(within);
    const wanted = asked || open;
    const Part = part.use();
    const [failures, setFailures] = useState(0);
    const [trying, setTrying] = useState(true);
    const failed = !Part && failures > 0;
    const missing = failed && wanted && !needed;
    const again = () => setFailures((count) => count + 1);
    useEffect(() => {
      if (Part) return undefined;
      let left = false;
      let timer = null;
      const tryLater = () => {
        if (left) return;
        setTrying(false);
        timer = setTimeout(again, Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
      };
      setTrying(true);
      (wanted || failures > 0 ? fetch() : inTurn).catch(tryLater);
      return () => {
        left = true;
        clearTimeout(timer);
      };
    }, [Part, wanted, failures]);
    useEffect(() => {
      if (!failed) return undefined;
      window.addEventListener("online", again);
      return () => window.removeEventListener("online", again);
    }, [failed]);
    useEffect(() => {
      if (missing) say({ title: "This part of the page could not be loaded", text: "It is tried again by itself." });
    }, [missing]);
    if (Part) return <Part {...rest} />;
    return failed && needed ? <Missing name={needed} trying={trying} onAgain={again} /> : children;
  }
  return Object.assign(Late, { ahead: () => fetch().catch(() => null) });
}

/** A view that is on the page only while somebody looks at it; `waiting` stands in its place until its code is there. */
export function laterView(load, name, waiting) {
  const View = later(load, "when wanted");
  // What is around it may be drawn anew with every tick of its run.
  const Shown = memo((props) => (
    <View wanted needed={name} {...props}>
      {waiting}
    </View>
  ));
  return Object.assign(Shown, { ahead: View.ahead });
}
