// How much the connection indicator shows: as much as there is room for, or what this browser has chosen.
import { useSyncExternalStore } from "react";

const KEY = "kanban.indicator";
export const FORMS = [
  ["auto", "As much as there is room for"],
  ["minimal", "A sign"],
  ["compact", "A sign and a word"],
  ["normal", "A sign, a word and what waits"],
];

const listeners = new Set();
const tell = () => listeners.forEach((listener) => listener());

const now = () => {
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Without storage it is as a new browser has it.
  }
  return FORMS.some(([form]) => form === kept) ? kept : "auto";
};

const listen = (listener) => {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
};

export const useForm = () => useSyncExternalStore(listen, now, () => "auto");

/** Whether it could be kept. */
export const chooseForm = (form) => {
  try {
    localStorage.setItem(KEY, form);
  } catch {
    return false;
  }
  tell();
  return true;
};
