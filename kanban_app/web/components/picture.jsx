// An image that may be missing, and the few signs that go with images.
import { useState } from "react";

const SHAPES = {
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3.5v9M3.5 8h9",
  left: "M10 3.5L5.5 8l4.5 4.5",
  right: "M6 3.5L10.5 8L6 12.5",
  broken: "M2.5 3.5h11v9h-11zM2.5 11l3.5-3.5 2 2M9 6l1 2-1.5 1.5 1 3",
};

export function Glyph({ shape }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" aria-hidden="true"
      strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
      <path d={SHAPES[shape]} />
    </svg>
  );
}

/** An image under its name; where it cannot be shown, a sign and words in its place. */
export function Picture({ src, name, ...size }) {
  const [dead, setDead] = useState("");
  if (dead === src) {
    return (
      <span className="image-dead">
        <Glyph shape="broken" />
        <span className="hidden">{name}. </span>
        <span>Cannot be shown</span>
      </span>
    );
  }
  return <img src={src} alt={name} title={name} decoding="async" draggable={false} onError={() => setDead(src)} {...size} />;
}
