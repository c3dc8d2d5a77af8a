// The quiet way from an error to what can be done about it, in a tab of its own. The pages are the same for all projects.

export function HelpLink({ code, title }) {
  if (!code) return null;
  return (
    <a className="help-link" href={`/help/${code}`} target="_blank" rel="noopener" draggable={false} data-testid="help-link">
      What to do<span className="hidden"> about “{title}” (opens a new tab)</span>
    </a>
  );
}
