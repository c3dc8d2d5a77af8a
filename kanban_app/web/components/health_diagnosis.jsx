// Everything that helps others to help, as a text to copy; the board has taken the secrets out.
import { useEffect, useRef, useState } from "react";
import { copy } from "./clipboard.js";
import { Failed } from "./fetched.jsx";
import { inProject } from "./project.js";

const ADDRESS = "/api/v1/health/diagnosis";
const COPIED = "Copied. Paste it where you ask for help.";
const BY_HAND = "The browser lets nothing be copied from here. The text below is selected: copy it by hand.";
const NOT_READ = { title: "The diagnosis could not be read", message: "The board does not answer. Try again." };

/** {text}, or {error} in the words of the board where it has some. */
const read = async () => {
  try {
    const answer = await fetch(inProject(ADDRESS));
    if (answer.ok) return { text: await answer.text() };
    return { error: (await answer.json()).error ?? NOT_READ };
  } catch {
    return { error: NOT_READ };
  }
};

export function Diagnosis() {
  const [text, setText] = useState(null);
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState(null);
  const [shown, setShown] = useState(false);
  const area = useRef(null);
  const byHand = said === BY_HAND;

  const fetchText = async () => {
    setFailed(null);
    setSaid("");
    const { text: fresh = null, error = null } = await read();
    setFailed(error);
    if (fresh !== null) setText(fresh);
    return fresh;
  };
  const onCopy = async () => {
    const fresh = await fetchText();
    if (fresh === null) return;
    if (await copy(fresh)) {
      setSaid(COPIED);
      return;
    }
    setShown(true);
    setSaid(BY_HAND);
  };
  const onShow = async () => {
    if (!shown && (await fetchText()) === null) return;
    setSaid("");
    setShown(!shown);
  };
  useEffect(() => {
    if (!byHand) return;
    area.current.focus();
    area.current.select();
  }, [byHand]);

  return (
    <section className="subpage-section" aria-labelledby="status-diagnosis">
      <h2 id="status-diagnosis">Ask for help</h2>
      <p className="about">The figures, alerts, events and settings of this page as a text, without tokens and passwords.</p>
      <div className="subpage-actions">
        <button type="button" className="button" data-testid="diagnosis-copy" onClick={onCopy}>
          Copy diagnosis
        </button>
        <button type="button" className="button" aria-expanded={shown} data-testid="diagnosis-show" onClick={onShow}>
          {shown ? "Hide what is copied" : "Show what is copied"}
        </button>
      </div>
      <p className="said" role="status">
        {said}
      </p>
      {failed && <Failed error={failed} onAgain={onCopy} hook="diagnosis" />}
      {shown && text !== null && (
        <textarea ref={area} className="diagnosis" readOnly value={text} rows={16} aria-label="Diagnosis" data-testid="diagnosis" />
      )}
    </section>
  );
}
