// Views whose code comes when they are opened for the first time, or before that when nothing else is to be done.
import { useEffect, useState } from "react";

/**
 * The view that `load` fetches, and what fetches its code ahead. `Waiting` stands in its place until the code is there;
 * `NotLoaded` when it cannot be fetched, which is tried once.
 *
 * React's own `lazy` shows what waits even where the code has come long ago, and then for 300 ms.
 */
export function arriving(load, Waiting, NotLoaded) {
  let View = null;
  let coming = null;
  const fetch = () => {
    coming ??= load().then(
      (view) => (View = view),
      () => (View = NotLoaded),
    );
    return coming;
  };

  function Arriving(props) {
    const [, setArrived] = useState(false);
    useEffect(() => {
      // Also where it has come since this was drawn.
      let left = false;
      fetch().then(() => left || setArrived(true));
      return () => {
        left = true;
      };
    }, []);
    return View ? <View {...props} /> : <Waiting />;
  }
  return [Arriving, fetch];
}
