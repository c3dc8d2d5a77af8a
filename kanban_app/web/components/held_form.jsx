// A form that outlives its server: what is typed belongs to the browser, what the form is about to a state of the server,
// which begins with nothing when the app was started anew.
import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { StateStoreContext } from "$/utils/context-registry";

/** What the dialog around a form calls: `leave()` when it is closed here, `submitted(event)` when its form is sent. */
export const Holder = createContext(null);

/**
 * A store in which the state `name` stays as it was while its form is open and the server knows nothing of it. Once the
 * server has taken the form up again, its vars `live` come from there and all others stay: they are what the form was
 * built from. `of(state, var)` reads a var.
 */
const heldStore = (store, name, live, of) => {
  const listeners = new Set();
  const now = { server: undefined, shown: undefined, kept: null, left: "" };
  const look = () => {
    const server = store.getSnapshot(name);
    if (!server || server === now.server) return now;
    const { shown, left } = now;
    const op = of(server, "op_id");
    const isForgotten = !op && shown && of(shown, "opened") && of(shown, "op_id") !== left;
    const kept = isForgotten ? shown : op && now.kept && of(now.kept, "op_id") === op ? now.kept : null;
    const fresh = kept && !isForgotten ? Object.fromEntries(live.map((each) => [each, server[each]])) : {};
    Object.assign(now, { server, kept, isForgotten, shown: kept ? { ...kept, ...fresh } : server });
    return now;
  };
  return {
    dispatchers: store.dispatchers,
    getSnapshot: (asked) => (asked === name ? look().shown : store.getSnapshot(asked)),
    subscribe: (asked, listener) => {
      const unsubscribe = store.subscribe(asked, listener);
      if (asked === name) listeners.add(listener);
      return () => {
        listeners.delete(listener);
        unsubscribe();
      };
    },
    forgotten: () => (look().isForgotten ? now.shown : null),
    leave: () => {
      now.left = now.shown ? of(now.shown, "op_id") : "";
      now.server = undefined;
      for (const listener of [...listeners]) listener();
    },
  };
};

/**
 * Around a dialog whose form is about the state of the server called `name`. `mark` ends the names of its vars, and
 * `answers` of them counts the answers to saves.
 *
 * With every change of `hydrations`, that is whenever the page has its server back, what the server has forgotten is told
 * to it by `onResume(op_id, task_id, edition, version)`, and a form that was sent without an answer is sent again.
 */
export function HeldForm({ name, mark, live, hydrations, onResume, children }) {
  const store = useContext(StateStoreContext);
  const of = (state, name) => state[name + mark];
  const [held] = useState(() => heldStore(store, name, live.map((each) => each + mark), of));
  const read = (of) => useSyncExternalStore((listener) => held.subscribe(name, listener), of, () => null);
  const forgotten = read(held.forgotten);
  const answers = read(() => of(held.getSnapshot(name), "answers"));
  const sent = useRef(null);
  const sentAt = useRef(0);
  useEffect(() => {
    if (!forgotten) sent.current = null;
  }, [answers]);
  useEffect(() => {
    if (hydrations === 0) {
      // A server that was started anew counts from one again.
      sentAt.current = 0;
      return;
    }
    if (forgotten) onResume(...["op_id", "task_id", "edition", "version"].map((each) => of(forgotten, each) ?? 0));
    if (sent.current?.isConnected && sentAt.current !== hydrations) sent.current.requestSubmit();
    sentAt.current = hydrations;
  }, [forgotten, hydrations]);
  const holder = useMemo(
    () => ({
      leave: held.leave,
      submitted: (event) => {
        sent.current = event.target;
      },
    }),
    [held],
  );
  return (
    <StateStoreContext value={held}>
      <Holder value={holder}>{children}</Holder>
    </StateStoreContext>
  );
}
