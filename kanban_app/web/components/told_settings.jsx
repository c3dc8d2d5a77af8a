// The notifications' own settings: what this browser tells of, and how.
import { useState } from "react";
import { KINDS, withChoice } from "./told_choice.js";
import { play } from "./told_sound.js";
import { askPermission, choose, permission, show, useWays } from "./told_ways.js";

const WORDS = {
  denied:
    "This browser does not let the board show notifications. Allow them in its settings for this page (the sign beside the address), then choose again.",
  none: "This browser shows notifications only for pages with https, or on the board's own machine (localhost).",
  refused: "This browser shows notifications only for pages that are installed as an app.",
};

/** `titles` are the words for the kinds. */
export function ToldSettings({ titles }) {
  const ways = useWays();
  const [said, setSaid] = useState(() => (["denied", "none"].includes(permission()) ? permission() : ""));

  const chooseNote = async (kind, on) => {
    const allowed = on ? await askPermission() : "granted";
    setSaid(["denied", "none"].includes(allowed) ? allowed : "");
    if (allowed === "granted") choose(withChoice(ways, "note", kind, on));
  };
  const onTry = () => {
    play("finished", ways.volume);
    if (permission() === "granted" && ways.note.length > 0) {
      setSaid(show({ title: "Agentic Kanban", message: "This is how it looks.", tag: "kanban-try" }) ? "" : "refused");
    }
  };
  return (
    <div className="told-settings">
      <p>Kept in this browser. Notifications come while no tab with the board is in view, once for all tabs.</p>
      <table className="told-ways">
        <thead>
          <tr>
            <th scope="col">Tell me of</th>
            <th scope="col">Notification</th>
            <th scope="col">Sound</th>
          </tr>
        </thead>
        <tbody>
          {KINDS.map((kind) => (
            <tr key={kind}>
              <th scope="row">{titles[kind]}</th>
              <td>
                <label>
                  <input
                    type="checkbox"
                    data-testid={`notify-${kind}`}
                    aria-label={`${titles[kind]}: notification`}
                    checked={ways.note.includes(kind)}
                    onChange={(event) => chooseNote(kind, event.target.checked)}
                  />
                </label>
              </td>
              <td>
                <label>
                  <input
                    type="checkbox"
                    data-testid={`sound-${kind}`}
                    aria-label={`${titles[kind]}: sound`}
                    checked={ways.sound.includes(kind)}
                    onChange={(event) => choose(withChoice(ways, "sound", kind, event.target.checked))}
                  />
                </label>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {said && (
        <p className="told-said" role="alert">
          {WORDS[said]}
        </p>
      )}
      <div className="told-volume">
        <label>
          <span>Volume</span>
          <input
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={ways.volume}
            onChange={(event) => choose({ ...ways, volume: Number(event.target.value) })}
          />
        </label>
        <button type="button" className="button small" data-testid="notify-try" onClick={onTry}>
          Try it
        </button>
      </div>
    </div>
  );
}
