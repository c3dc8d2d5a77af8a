// Search, filters and sort: a field in the header, a sheet beside it. Where the header is tight the field is in the sheet.
import { useRef, useState } from "react";
import { filterCount, GROUPS, isNarrowed, SORTS, STATUSES, toggled, TYPES } from "./finding.js";
import { clearAll, find, useFinding } from "./finding_store.js";
import { useShortcuts } from "./shortcut_keys.js";
import { useTightHeader } from "./switcher.jsx";

const SHEET = "finder-sheet";
const WORDS = "Search cards and logs";
const TITLES = { type: "Type", label: "Label", column: "Column", status: "Run" };

const Lens = () => (
  <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
    <path d="M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9zM10.4 10.4l3.1 3.1" />
  </svg>
);

const Funnel = () => (
  <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
    <path d="M2.5 4.5h11M4.5 8h7M6.5 11.5h3" />
  </svg>
);

const focusFirstFound = () =>
  [...document.querySelectorAll(".board .card-title a")].find((link) => link.checkVisibility())?.focus();

function Field({ finding }) {
  const onKeyDown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      document.getElementById(SHEET)?.hidePopover?.();
      focusFirstFound();
    }
    if (event.key === "Escape") {
      // The browser would only empty the field; a panel or a sheet around it stays open meanwhile.
      if (finding.q) event.preventDefault();
      if (!finding.q) event.currentTarget.blur();
      find({ ...finding, q: "" });
    }
  };
  return (
    <label className="finder-field">
      <Lens />
      <input
        type="search"
        aria-label={WORDS}
        aria-keyshortcuts="/"
        placeholder="Search"
        data-testid="search"
        maxLength={200}
        autoComplete="off"
        enterKeyHint="search"
        spellCheck={false}
        value={finding.q}
        onChange={(event) => find({ ...finding, q: event.target.value })}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

function Choices({ finding, group, pairs }) {
  if (pairs.length === 0) return null;
  return (
    <fieldset className="stages-field">
      <legend>{TITLES[group]}</legend>
      <div className="toggles">
        {pairs.map(([value, title]) => (
          <label key={value} className="toggle">
            <input
              type="checkbox"
              data-testid={`filter-${group}`}
              value={value}
              checked={finding[group].includes(value)}
              onChange={() => find(toggled(finding, group, value))}
            />
            <span>{title}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Finder() {
  const { finding, labels, columns } = useFinding();
  const tight = useTightHeader();
  const sheet = useRef(null);
  const [open, setOpen] = useState(false);
  const pairs = { type: TYPES, label: labels.map((label) => [label, label]), column: columns, status: STATUSES };
  const set = filterCount(finding) + (finding.sort === "own" ? 0 : 1) + (tight && finding.q ? 1 : 0);

  useShortcuts({
    find: () => {
      if (document.querySelector(".header[inert]")) return false;
      if (tight) sheet.current.showPopover();
      const field = document.querySelector(".finder-field input");
      field?.focus();
      field?.select();
      return true;
    },
  });

  return (
    <search className="finder">
      {!tight && <Field finding={finding} />}
      <button
        type="button"
        className="icon-button finder-button"
        aria-label={`${tight ? "Search, filter and sort" : "Filter and sort"}${set ? `, ${set} set` : ""}`}
        aria-expanded={open}
        data-testid="filter"
        data-set={set > 0}
        popoverTarget={SHEET}
      >
        {tight ? <Lens /> : <Funnel />}
        {set > 0 && <span className="finder-set num">{set}</span>}
      </button>
      <div
        ref={sheet}
        id={SHEET}
        className="popup finder-sheet"
        popover="auto"
        role="group"
        aria-label="Filter and sort"
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {tight && <Field finding={finding} />}
        {GROUPS.map((group) => (
          <Choices key={group} finding={finding} group={group} pairs={pairs[group]} />
        ))}
        <label className="field">
          <span>Sort the cards of each column</span>
          <select data-testid="sort" value={finding.sort} onChange={(event) => find({ ...finding, sort: event.target.value })}>
            {SORTS.map(([id, title]) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <div className="dialog-actions">
          <button
            type="button"
            className="button"
            disabled={!isNarrowed(finding) && finding.sort === "own"}
            onClick={clearAll}
          >
            Clear all
          </button>
          <button type="button" className="button primary" onClick={() => sheet.current.hidePopover()}>
            Done
          </button>
        </div>
      </div>
    </search>
  );
}
