// The help sheet: the table of the keys as it is, and the switch for those that are a single sign.
import { Dialog } from "./dialog.jsx";
import { onMac, setSingleKeys, useSingleKeys } from "./shortcut_keys.js";
import { nameOf, SHORTCUTS } from "./shortcuts.js";

function Keys({ keys }) {
  return keys.map((key, at) => (
    <span key={key}>
      {at > 0 && " or "}
      <kbd>{nameOf(key, onMac())}</kbd>
    </span>
  ));
}

export function ShortcutSheet({ open, onClose }) {
  const single = useSingleKeys();
  return (
    <Dialog open={open} edition={open} label="Keyboard shortcuts" onClose={onClose} className="dialog shortcuts">
      <div data-testid="shortcuts">
        <h2>Keyboard shortcuts</h2>
        <label className="option">
          <input
            type="checkbox"
            data-testid="single-keys"
            data-first=""
            checked={single}
            onChange={(event) => setSingleKeys(event.target.checked)}
          />
          Use keys without Ctrl, such as N and ?
        </label>
        <div className="shortcut-groups">
          {SHORTCUTS.map(({ group, rows }) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {rows.map(({ id, keys, words }) => (
                  <div key={id}>
                    <dt>{words}</dt>
                    <dd>
                      <Keys keys={keys} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <div className="dialog-actions">
          <button type="button" className="button primary" data-close="">
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}
