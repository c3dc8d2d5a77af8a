// One image of a card, large: the arrows go to the others, Escape goes back, its name can be changed.
import { useEffect, useRef, useState } from "react";
import { Dialog } from "./dialog.jsx";
import { Glyph, Picture } from "./picture.jsx";

// In pixels: more than a finger that taps moves.
const SWIPE = 48;

const kilobytes = (size) => (size < 1024 * 1024 ? `${Math.ceil(size / 1024)} kB` : `${(size / 1024 / 1024).toFixed(1)} MB`);

/** `shown` is the id of the image that is looked at; with none, or one that is gone, the viewer is closed. */
export function ImageViewer({ cardId, path, images, shown, onShow }) {
  const at = images.findIndex(({ id }) => id === shown);
  const image = images[at];
  const step = (by) => onShow(images[(at + by + images.length) % images.length].id);

  useEffect(() => {
    if (!image || images.length < 2) return undefined;
    const onKeyDown = (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.("input")) return;
      event.preventDefault();
      step(by);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  });

  // Gone from under the eyes: it must not come back by itself when somebody undoes that.
  useEffect(() => {
    if (shown && !image) onShow("");
  }, [shown, image]);

  const swipe = useSwipe(images.length > 1 ? step : null);
  const open = image !== undefined;
  const place = open ? `${at + 1} of ${images.length}` : "";
  return (
    <Dialog open={open} edition={open} label={open ? `Image ${place}` : "Image"} onClose={() => onShow("")} className="dialog viewer">
      {open && (
        <>
          <div className="viewer-head">
            <Name key={image.id} cardId={cardId} image={image} />
            <button type="button" className="icon-button" aria-label="Close" data-close data-first data-testid="image-close">
              <Glyph shape="close" />
            </button>
          </div>
          <div className="viewer-body" data-testid="image-view" {...swipe}>
            <Picture key={image.id} src={`${path}/${image.id}`} name={image.name} width={image.width} height={image.height} />
          </div>
          <div className="viewer-foot">
            {images.length > 1 && (
              <>
                <Step shape="left" label="Previous image" onClick={() => step(-1)} />
                <span className="num" role="status">
                  {place}
                </span>
                <Step shape="right" label="Next image" onClick={() => step(1)} />
              </>
            )}
            <span className="grow" />
            <span className="muted num">
              {image.width} × {image.height} · {kilobytes(image.size)}
            </span>
            <a className="button small" href={`${path}/${image.id}?download=true`} download data-testid="image-download">
              Download
            </a>
          </div>
        </>
      )}
    </Dialog>
  );
}

/** Handlers by which one finger goes to the next image or back; not while the page is zoomed into, where it looks around. */
const useSwipe = (step) => {
  const from = useRef(null);
  return {
    onTouchStart: ({ touches: [finger, other] }) => {
      from.current = other || visualViewport?.scale > 1 ? null : { x: finger.clientX, y: finger.clientY };
    },
    onTouchEnd: ({ changedTouches: [finger] }) => {
      if (!from.current || !step) return;
      const [right, down] = [finger.clientX - from.current.x, finger.clientY - from.current.y];
      from.current = null;
      if (Math.abs(right) > SWIPE && Math.abs(right) > 2 * Math.abs(down)) step(right < 0 ? 1 : -1);
    },
    onTouchCancel: () => {
      from.current = null;
    },
  };
};

function Step({ shape, label, onClick }) {
  return (
    <button type="button" className="icon-button" aria-label={label} onClick={onClick}>
      <Glyph shape={shape} />
    </button>
  );
}

/** What an image is called, for people who see it and for those who do not. */
function Name({ cardId, image }) {
  const [typed, setTyped] = useState(image.name);
  // A name that somebody else has given it meanwhile, unless this one is being written.
  const [known, setKnown] = useState(image.name);
  if (known !== image.name) {
    setKnown(image.name);
    if (typed === known) setTyped(image.name);
  }
  const changed = typed.trim() !== "" && typed.trim() !== image.name;
  const onKeyDown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.target.closest(".viewer-name").querySelector("button")?.click();
  };
  return (
    <div className="viewer-name">
      <label>
        <span className="hidden">Name and description</span>
        <input value={typed} maxLength={100} onChange={(event) => setTyped(event.target.value)} onKeyDown={onKeyDown} data-testid="image-name" />
      </label>
      {changed && (
        <button
          type="button"
          className="button small"
          data-testid="image-rename"
          data-decision="rename-image"
          data-act-on={cardId}
          data-attempt=""
          data-wish={JSON.stringify({ image: image.id, name: typed.trim() })}
          onClick={(event) => event.target.closest(".viewer-name").querySelector("input").focus()}
        >
          Rename
        </button>
      )}
    </div>
  );
}
