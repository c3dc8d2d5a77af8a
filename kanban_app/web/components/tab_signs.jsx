// The counts of the board in the title of the tab and on its icon, at most once a second, also while it is hidden.
import { useEffect, useRef } from "react";
import { iconOf, titleOf } from "./tab_words.js";

const EVERY_MS = 1000;
const ICON = 'link[rel="icon"]';

/** Shows nothing on the page. */
export function TabSigns({ running, failed }) {
  const plain = useRef(null);
  const written = useRef(0);

  useEffect(() => {
    plain.current ??= { title: document.title, icon: document.querySelector(ICON)?.getAttribute("href") };
    const write = () => {
      const counts = { running, failed };
      written.current = Date.now();
      document.title = titleOf(counts, plain.current.title);
      document.querySelector(ICON)?.setAttribute("href", iconOf(counts) ?? plain.current.icon);
    };
    const wait = written.current + EVERY_MS - Date.now();
    if (wait <= 0) {
      write();
      return undefined;
    }
    const timer = setTimeout(write, wait);
    return () => clearTimeout(timer);
  }, [running, failed]);

  useEffect(() => () => document.querySelector(ICON)?.setAttribute("href", plain.current.icon), []);
  return null;
}
