// How it looks while something is fetched, when it could not be, and when there is nothing.
import { HelpLink } from "./help_link.jsx";

/** Lines to come; `label` says of what. */
export function Loading({ label }) {
  return (
    <div className="merge-loading" role="status">
      <p className="hidden">{label}</p>
      <i />
      <i />
      <i />
    </div>
  );
}

export function Failed({ error, onAgain, hook }) {
  return (
    <div className="form-error fetched-error" role="alert">
      <strong>{error.title}</strong>
      <p>{error.message}</p>
      <HelpLink code={error.code} title={error.title} />
      <button type="button" className="button small" data-testid={`${hook}-again`} onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}

export function Nothing({ title, text, children }) {
  return (
    <div className="nothing">
      <strong>{title}</strong>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}
