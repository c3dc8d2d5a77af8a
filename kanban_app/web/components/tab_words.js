// What a tab says of the board while another one is in front. No browser is needed for any of this.

const MOST = 9;
const LOGO =
  '<rect width="24" height="24" rx="6" fill="#4a52c9"/><g fill="#fff"><rect x="5" y="6" width="4" height="12" rx="1"/>' +
  '<rect x="10" y="6" width="4" height="6" rx="1"/><rect x="15" y="6" width="4" height="9" rx="1"/></g>';

/** The title of the tab; `plain` is the one for a board where nothing is going on. */
export const titleOf = ({ running, failed }, plain) => {
  if (!running && !failed) return plain;
  const under = running ? `${running} running · Kanban` : "Kanban";
  return failed ? `(${failed} failed) ${under}` : under;
};

const failures = (count) =>
  '<circle cx="16.5" cy="16.5" r="7.5" fill="#b3213a" stroke="#fff" stroke-width="1.5"/>' +
  '<text x="16.5" y="20.3" font-family="sans-serif" font-weight="700" font-size="10.5" text-anchor="middle" fill="#fff">' +
  `${count > MOST ? `${MOST}+` : count}</text>`;

const work = '<circle cx="18.5" cy="18.5" r="5" fill="#1b9a63" stroke="#fff" stroke-width="1.5"/>';

/** The tab's icon as a URL, or null for the plain one: the number of failures, else a dot while runs are under way. */
export const iconOf = ({ running, failed }) => {
  if (!running && !failed) return null;
  const badge = failed ? failures(failed) : work;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${LOGO}${badge}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
};
