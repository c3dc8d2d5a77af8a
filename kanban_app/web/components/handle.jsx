// The part of a card by which it is dragged. The board provides what hello-pangea wants on it through a context, so
// that the card's markup can stay in Python.
import { createContext, useContext } from "react";

export const HandleContext = createContext(null);

const DOTS = [4, 8, 12].flatMap((y) => [6, 10].map((x) => [x, y]));

export function DragHandle({ label, testId }) {
  const props = useContext(HandleContext);
  return (
    <span {...props} className="handle" aria-label={label} data-testid={testId}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="currentColor">
        {DOTS.map(([x, y]) => (
          <circle key={`${x},${y}`} cx={x} cy={y} r="1.25" />
        ))}
      </svg>
    </span>
  );
}
