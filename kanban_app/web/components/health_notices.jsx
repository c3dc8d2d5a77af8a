// Lines that people have to see wherever they are: data that may be old, and that nothing can be saved.
import { useHealth } from "./health_feed.js";
import { inProject } from "./project.js";

/** The lines of the board's own page, for the pages beside it. */
export function HealthNotices() {
  const { data } = useHealth("seldom");
  // A region that is there before its text is read out when that comes.
  return (
    <div role="status">
      {data?.connection.notices.map((text) => (
        <div key={text} className="notice" data-testid="notice">
          <p>{text}</p>
          <a href={inProject("/status/")}>Status</a>
        </div>
      ))}
    </div>
  );
}
