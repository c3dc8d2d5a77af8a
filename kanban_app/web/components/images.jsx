// The images of a card: in its panel, where every change counts at once, and in its form, where they wait for "Save".
import { useEffect, useId, useRef, useState } from "react";
import { ImageViewer } from "./image_viewer.jsx";
import { Glyph, Picture } from "./picture.jsx";
import { inProject } from "./project.js";
import { ACCEPT, isFailed, isPending, isSound, MOST, useDroppedFiles, useUploads } from "./uploads.js";

// Longer than the board takes to tell of an image that it has answered for.
const TOLD_MS = 5000;

export const pathOfImages = (cardId) => inProject(`/api/v1/tasks/${encodeURIComponent(cardId)}/attachments`);
const isBehindDialog = () => document.querySelector("dialog[open]") !== null;

/** Images [{id, name, width, height, size, type}] of a card in its panel. */
export function CardImages({ cardId, images }) {
  return cardId ? <PanelImages key={cardId} cardId={cardId} images={images} /> : null;
}

function PanelImages({ cardId, images }) {
  const ref = useRef(null);
  const heading = useId();
  const [shown, setShown] = useState("");
  const path = pathOfImages(cardId);
  const uploads = useUploads({
    pathOf: ({ key, name }) => `${path}?${new URLSearchParams({ name, op_id: key })}`,
    taken: images.length,
  });
  const isTold = ({ image }) => image !== undefined && images.some(({ id }) => id === image.id);
  const coming = uploads.items.filter((item) => !isTold(item));
  useDroppedFiles(() => (isBehindDialog() ? null : ref.current?.closest(".panel")), uploads.add);
  useFocusAfterRemoval(ref, images.length);

  useEffect(() => {
    const done = uploads.items.filter((item) => item.state === "done");
    for (const item of done.filter(isTold)) uploads.drop(item.key);
    if (done.length === 0) return undefined;
    const timer = setTimeout(() => done.forEach((item) => uploads.drop(item.key)), TOLD_MS);
    return () => clearTimeout(timer);
  }, [uploads.items, images]);

  return (
    <section ref={ref} className="section images" aria-labelledby={heading} data-testid="images">
      <h3 id={heading}>
        Images {images.length > 0 && <span className="count">{images.length}</span>}
      </h3>
      <ul className="image-grid">
        {images.map((image) => (
          <li key={image.id} className="image-tile" data-image={image.id}>
            <button type="button" className="image-open" data-testid="image-open" onClick={() => setShown(image.id)}>
              <Picture src={`${path}/${image.id}/thumbnail`} name={image.name} />
            </button>
            <button
              type="button"
              className="icon-button image-remove"
              aria-label={`Remove ${image.name}`}
              data-testid="image-remove"
              data-decision="remove-image"
              data-act-on={cardId}
              data-attempt=""
              data-wish={JSON.stringify({ image: image.id })}
            >
              <Glyph shape="close" />
            </button>
          </li>
        ))}
        {coming.filter(isSound).map((item) => (
          <Upload key={item.key} item={item} onDrop={uploads.drop} />
        ))}
        {images.length + coming.filter(isSound).length < MOST && <AddImages onFiles={uploads.add} />}
        {coming.filter(isFailed).map((item) => (
          <Fault key={item.key} item={item} onRetry={uploads.retry} onDrop={uploads.drop} />
        ))}
      </ul>
      <ImageViewer cardId={cardId} path={path} images={images} shown={shown} onShow={setShown} />
    </section>
  );
}

/** A tile that is removed takes the focus along: its neighbour gets it. */
const useFocusAfterRemoval = (ref, count) => {
  const last = useRef(-1);
  useEffect(() => {
    const onFocus = (event) => {
      const tiles = [...ref.current.querySelectorAll(".image-tile")];
      last.current = tiles.indexOf(event.target.closest(".image-tile"));
    };
    const section = ref.current;
    section.addEventListener("focusin", onFocus);
    return () => section.removeEventListener("focusin", onFocus);
  }, []);
  useEffect(() => {
    if (last.current < 0 || document.activeElement !== document.body) return;
    const tiles = ref.current.querySelectorAll(".image-open");
    (tiles[Math.min(last.current, tiles.length - 1)] ?? ref.current.querySelector("input"))?.focus();
  }, [count]);
};

/**
 * Images in a form, which sends as `name` what to add and to remove: {"add": [{id, name}], "remove": [id]}. `images` are
 * those of card `cardId`, which is empty for a new one. A form that is left without saving leaves no uploads behind.
 */
export function ImageField({ name, cardId, images }) {
  const ref = useRef(null);
  const heading = useId();
  const submitted = useRef(false);
  const [removed, setRemoved] = useState([]);
  const [held, setHeld] = useState(false);
  const kept = images.filter(({ id }) => !removed.includes(id));
  const uploads = useUploads({
    pathOf: (item) => inProject(`/api/v1/uploads?${new URLSearchParams({ name: item.name })}`),
    taken: kept.length,
  });
  const { items } = uploads;
  const done = items.filter((item) => item.state === "done");
  const pending = items.some(isPending);
  const failed = items.some((item) => isFailed(item) && !item.final);
  useDroppedFiles(() => ref.current?.closest("dialog"), uploads.add);
  const now = useRef({});
  now.current = { pending, failed, done, items };

  useEffect(() => {
    const form = ref.current.closest("form");
    const onSubmit = (event) => {
      if (!now.current.pending && !now.current.failed) {
        submitted.current = true;
        return;
      }
      // Sent when the images are there.
      event.preventDefault();
      event.stopPropagation();
      setHeld(true);
    };
    form.addEventListener("submit", onSubmit, true);
    return () => {
      form.removeEventListener("submit", onSubmit, true);
      for (const { key } of now.current.items) uploads.requests.current.get(key)?.abort();
      // What was submitted may still be on its way: the server removes what does not get onto a card.
      if (submitted.current) return;
      for (const { image } of now.current.done) fetch(inProject(`/api/v1/uploads/${image.id}`), { method: "DELETE", keepalive: true });
    };
  }, []);
  useEffect(() => {
    if (!held || pending) return;
    setHeld(false);
    if (!failed) ref.current.closest("form").requestSubmit();
  }, [held, pending, failed]);

  const discard = (key) => {
    const { image } = items.find((item) => item.key === key);
    uploads.drop(key);
    if (image) fetch(inProject(`/api/v1/uploads/${image.id}`), { method: "DELETE", keepalive: true });
  };
  const wish = { add: done.map(({ image }) => ({ id: image.id, name: image.name })), remove: removed };
  const path = pathOfImages(cardId);
  return (
    <div ref={ref} className="field images" role="group" aria-labelledby={heading} data-testid="task-images">
      <span id={heading}>Images</span>
      <input type="hidden" name={name} value={JSON.stringify(wish)} />
      <ul className="image-grid">
        {kept.map((image) => (
          <li key={image.id} className="image-tile" data-image={image.id}>
            <span className="image-open">
              <Picture src={`${path}/${image.id}/thumbnail`} name={image.name} />
            </span>
            <Remove name={image.name} onRemove={() => setRemoved([...removed, image.id])} />
          </li>
        ))}
        {items.filter(isSound).map((item) => (
          <Upload key={item.key} item={item} onDrop={discard} />
        ))}
        {kept.length + items.filter(isSound).length < MOST && <AddImages onFiles={uploads.add} />}
        {items.filter(isFailed).map((item) => (
          <Fault key={item.key} item={item} onRetry={uploads.retry} onDrop={discard} />
        ))}
      </ul>
      <p className="hint" role="status">
        {held && pending ? "Saved as soon as the images are there." : failed ? "Try again or remove what was not uploaded." : ""}
      </p>
    </div>
  );
}

function Remove({ name, onRemove }) {
  return (
    <button
      type="button"
      className="icon-button image-remove"
      aria-label={`Remove ${name}`}
      data-testid="image-remove"
      onClick={onRemove}
    >
      <Glyph shape="close" />
    </button>
  );
}

/** One that is on its way. */
function Upload({ item: { key, name, url, sent, state }, onDrop }) {
  const percent = Math.round(sent * 100);
  return (
    <li className="image-tile" data-state={state}>
      <span className="image-open">
        <img src={url} alt={name} draggable={false} />
      </span>
      {state !== "done" && (
        <span
          className="image-progress"
          role="progressbar"
          aria-label={`Uploading ${name}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          style={{ "--sent": `${percent}%` }}
        />
      )}
      <Remove name={name} onRemove={() => onDrop(key)} />
    </li>
  );
}

/** Why a file has not become an image. */
function Fault({ item: { key, name, fault, final }, onRetry, onDrop }) {
  return (
    <li className="image-fault" data-testid="image-fault">
      <p role="alert">{fault}</p>
      {!final && (
        <button type="button" className="button small" data-testid="image-retry" onClick={() => onRetry(key)}>
          Try again
        </button>
      )}
      <Remove name={name} onRemove={() => onDrop(key)} />
    </li>
  );
}

function AddImages({ onFiles }) {
  const choose = (event) => {
    onFiles(event.target.files);
    // So that the same file can be chosen once more.
    event.target.value = "";
  };
  return (
    <li className="image-add">
      <label title="Drop or paste images here, or choose them">
        <input type="file" multiple accept={ACCEPT} data-testid="image-input" onChange={choose} />
        <Glyph shape="plus" />
        Add images
        <span className="image-hint">or drop or paste them here</span>
      </label>
    </li>
  );
}
