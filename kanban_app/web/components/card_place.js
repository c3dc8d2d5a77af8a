// The place of the open card in the URL: leaving it, and its tab. Which card a key is about.
import { useCallback, useEffect, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { withFinding } from "./finding_store.js";

const FIRST = "overview";
const isBusy = () => document.querySelector("dialog[open], [popover]:popover-open") !== null;

export const openedCard = () => new URLSearchParams(location.search).get("card") ?? "";

/** The card that has the focus, also on what belongs to it but is no part of it, such as its box: "" for none. */
export const focusedCard = () =>
  document.activeElement?.closest(".slot")?.querySelector("[data-card]")?.dataset.card ?? "";

/** The card that a key or a command is about: the one with the focus, else the open one, "" for none. */
export const cardInMind = () => focusedCard() || openedCard();

/** Closes the panel: back where this tab has opened it itself, so that Back does not open it again. */
export const useLeaveCard = () => {
  const navigate = useNavigate();
  const location = useLocation();
  return useCallback(() => {
    if (location.state?.fromBoard) navigate(-1);
    else navigate(withFinding("/"), { replace: true, preventScrollReset: true });
  }, [location, navigate]);
};

/**
 * Escape leaves the open card, also while its panel has not come yet. At the window, which hears of a key last: whoever
 * else means it has taken it by then.
 */
export const useEscapeLeaves = (leave) => {
  const now = useRef(leave);
  now.current = leave;
  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key === "Escape" && openedCard() && !event.defaultPrevented && !isBusy()) now.current();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
};

/**
 * Brings the URL in line with the tab that is shown and the attempt that it is about, once the server has caught up with the card. The router is not
 * told: a change of route would load the whole board anew.
 */
export const useTabInUrl = (cardId, tab, attempt) => {
  useEffect(() => {
    const params = new URLSearchParams(window.location.search);
    const isShown = (params.get("tab") ?? FIRST) === tab && (params.get("attempt") ?? "") === attempt;
    if (!cardId || params.get("card") !== cardId || isShown) return;
    put(params, "tab", tab === FIRST ? "" : tab);
    put(params, "attempt", attempt);
    history.replaceState(history.state, "", `${window.location.pathname}?${params}${window.location.hash}`);
  }, [cardId, tab, attempt]);
};

const put = (params, name, value) => {
  if (value) params.set(name, value);
  else params.delete(name);
};
