// Files of images on their way to the server: looked at, sent two at a time, sent again where that can help.
import { useCallback, useEffect, useRef, useState } from "react";
import { newId } from "./operations.js";

export const ACCEPT = "image/png,image/jpeg,image/gif,image/webp";
export const MOST = 20;
const LARGEST = 5 * 1024 * 1024;
const AT_ONCE = 2;
const WAIT_MS = 300_000;
const ENDING = /\.(png|jpe?g|gif|webp)$/i;

/** Why a file can be no image of a card, as far as its name and size tell; undefined when it may be one. */
export const faultOf = ({ name, type, size }) => {
  if (!ACCEPT.split(",").includes(type) && !ENDING.test(name)) return `${name}: use png, jpg, gif or webp.`;
  if (size > LARGEST) return `${name}: it has ${(size / 1024 / 1024).toFixed(1)} MB, and 5 MB are possible.`;
  return size === 0 ? `${name}: it is empty.` : undefined;
};

/** Uploads for files that were chosen, when there is still `room` for so many. One that cannot be sent has failed. */
export const uploadsOf = (files, room) => {
  let left = room;
  return files.map((file) => {
    const fault = faultOf(file) ?? (left > 0 ? undefined : `${file.name}: a card can have ${MOST} images.`);
    if (!fault) left -= 1;
    return { key: newId(), name: file.name, file, sent: 0, state: fault ? "failed" : "waiting", fault, final: Boolean(fault) };
  });
};

export const isFailed = ({ state }) => state === "failed";
export const isSound = ({ state }) => state !== "failed";
export const isPending = ({ state }) => state === "waiting" || state === "sending";

/** What an answer that is no image says, and whether asking again is of any use. */
const failure = (request) => {
  const error = request.response?.error;
  const final = request.status >= 400 && request.status < 500 && request.status !== 401;
  return { state: "failed", fault: error?.message ?? "The board could not be reached.", final };
};

/**
 * Uploads as {key, name, url, sent (0 to 1), state, fault, final, image}; `pathOf` names the address for one, and
 * `taken` is how many images there are beside them.
 */
export const useUploads = ({ pathOf, taken }) => {
  const [items, setItems] = useState([]);
  const requests = useRef(new Map());
  const now = useRef({});
  now.current = { items, pathOf, taken };

  const change = useCallback((key, changes) => {
    setItems((all) => all.map((item) => (item.key === key ? { ...item, ...changes } : item)));
  }, []);

  const send = (item) => {
    const request = new XMLHttpRequest();
    requests.current.set(item.key, request);
    const ended = (changes) => {
      requests.current.delete(item.key);
      change(item.key, changes);
    };
    request.open("POST", now.current.pathOf(item));
    request.responseType = "json";
    request.timeout = WAIT_MS;
    request.upload.onprogress = ({ loaded, total }) => total > 0 && change(item.key, { sent: loaded / total });
    request.onload = () => ended(request.status === 201 ? { state: "done", sent: 1, image: request.response } : failure(request));
    request.onerror = () => ended(failure(request));
    request.ontimeout = request.onerror;
    request.send(item.file);
    change(item.key, { state: "sending", sent: 0 });
  };

  useEffect(() => {
    const free = AT_ONCE - requests.current.size;
    const waiting = items.filter((item) => item.state === "waiting" && !requests.current.has(item.key));
    waiting.slice(0, Math.max(free, 0)).forEach(send);
  }, [items]);

  const add = useCallback((files) => {
    const { items: all, taken: others } = now.current;
    const room = MOST - others - all.filter((item) => !item.final).length;
    const fresh = uploadsOf([...files], room);
    setItems((before) => [...before, ...fresh.map((item) => ({ ...item, url: URL.createObjectURL(item.file) }))]);
  }, []);

  const retry = useCallback((key) => change(key, { state: "waiting", fault: undefined }), []);

  const drop = useCallback((key) => {
    requests.current.get(key)?.abort();
    requests.current.delete(key);
    const gone = now.current.items.find((item) => item.key === key);
    if (gone) URL.revokeObjectURL(gone.url);
    setItems((all) => all.filter((item) => item.key !== key));
  }, []);

  return { items, add, retry, drop, requests };
};

const ofFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
const isTyping = (target) => target.closest?.("input, textarea, [contenteditable]") != null;

/**
 * Files that are dropped on the part of the page that `zoneOf()` gives, or pasted while it gives one. While something is
 * dragged over it that part has `data-dropping`. A file that misses it does not make the browser leave the page.
 */
export const useDroppedFiles = (zoneOf, onFiles) => {
  const now = useRef({});
  now.current = { zoneOf, onFiles };
  useEffect(() => {
    let marked = null;
    const mark = (zone) => {
      if (marked === zone) return;
      marked?.removeAttribute("data-dropping");
      zone?.setAttribute("data-dropping", "");
      marked = zone;
    };
    const over = (event) => {
      const zone = now.current.zoneOf();
      return zone?.contains(event.target) ? zone : null;
    };
    const onDragOver = (event) => {
      if (!ofFiles(event)) return;
      event.preventDefault();
      const zone = over(event);
      if (zone || now.current.zoneOf()) event.dataTransfer.dropEffect = zone ? "copy" : "none";
      mark(zone);
    };
    const onDragLeave = (event) => event.relatedTarget === null && mark(null);
    const onDrop = (event) => {
      if (!ofFiles(event)) return;
      event.preventDefault();
      mark(null);
      if (over(event)) now.current.onFiles(event.dataTransfer.files);
    };
    const onPaste = (event) => {
      const { files } = event.clipboardData;
      // Text that comes with a picture of itself, as office programs give it, is meant as text where text is typed.
      const asText = isTyping(event.target) && event.clipboardData.types.includes("text/plain");
      if (files.length === 0 || asText || !now.current.zoneOf()) return;
      event.preventDefault();
      now.current.onFiles(files);
    };
    const listeners = { dragover: onDragOver, dragleave: onDragLeave, drop: onDrop, paste: onPaste };
    for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);
    return () => {
      mark(null);
      for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener);
    };
  }, []);
};
