// The project of this page, which its address begins with; the first project has no such beginning at plain addresses.

/** `/p/<id>`, or "" at a plain address. */
const base = () => /^\/p\/[^/]+(?=\/|$)/.exec(globalThis.location?.pathname ?? "")?.[0] ?? "";

/** The address of a path of the board, such as `/api/v1/board`, in this project. */
export const inProject = (path) => base() + path;

const FIRST = "/p/default";

/** The name under which this tab keeps something about this project. The first one has two addresses, and one name. */
export const keyInProject = (name) => (base() && base() !== FIRST ? `${name} ${base()}` : name);

/** What the router calls an address: the same without the project's beginning. */
export const routeOf = (path) => (base() && path.startsWith(`${base()}/`) ? path.slice(base().length) : path);
