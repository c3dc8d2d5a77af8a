// The fonts are fetched when the page stands: they would take a third of the line from the code that it waits for.
const PAUSE_MS = 200;
const TRIES = 25;

const fetchFonts = (tries) => {
  if (tries > 0 && document.querySelector(".skeleton")) {
    setTimeout(fetchFonts, PAUSE_MS, tries - 1);
    return;
  }
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/styles/fonts.css" });
  document.head.append(sheet);
};

const begin = () => fetchFonts(TRIES);
if (document.readyState === "complete") begin();
else addEventListener("load", begin, { once: true });
