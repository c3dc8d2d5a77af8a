/** Do `work` when nothing else is to be done. */
export const inQuiet = (work) => (window.requestIdleCallback ?? ((late) => setTimeout(late, 1000)))(work);
