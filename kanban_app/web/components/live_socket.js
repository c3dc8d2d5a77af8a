// The one socket of this tab to /ws/live, there while somebody follows a run. It comes back by itself; whoever follows
// is asked for what it holds at each attachment, so that nothing is missing and nothing comes twice.
import { inProject } from "./project.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const PING_MS = 20_000;
const ANSWER_MS = 10_000;
const CONNECT_MS = 15_000;
const LINGER_MS = 1000;

/** Which answers to a request over HTTP mean that no socket will ever be let in. */
const REFUSALS = new Set([401, 403]);

class LiveSocket {
  socket = null;
  follower = null;
  state = "connecting";
  tries = 0;
  retryTimer = null;
  pingTimer = null;
  deadline = null;
  lingerTimer = null;

  /** Follow a run; the result ends that. `heldUpTo` gives the newest number held, or null. Whoever came last is served. */
  follow(follower) {
    clearTimeout(this.lingerTimer);
    this.follower = follower;
    follower.onState(this.state);
    if (this.socket?.readyState === WebSocket.OPEN) this.attach();
    else if (!this.socket) this.wake();
    return () => {
      if (this.follower !== follower) return;
      this.follower = null;
      this.send({ type: "close" });
      // Another log may be opened in the same breath.
      this.lingerTimer = setTimeout(() => this.stop(), LINGER_MS);
    };
  }

  /** Ask (again) for what follows the newest line held. */
  attach() {
    if (this.follower) this.send({ type: "open", run: this.follower.run, after: this.follower.heldUpTo() });
  }

  /** Connect now rather than later, or see whether the connection is still there. */
  wake = () => {
    if (!this.follower) return;
    if (this.socket?.readyState === WebSocket.OPEN) this.ping();
    else if (!this.socket) this.connect();
  };

  connect() {
    clearTimeout(this.retryTimer);
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wakeIfVisible);
    this.tries += 1;
    const url = new URL(inProject("/ws/live"), window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.socket = socket;
    this.expect(CONNECT_MS);
    socket.onopen = () => {
      this.tries = 1;
      this.alive();
      this.attach();
    };
    socket.onmessage = ({ data }) => this.take(data);
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
  }

  wakeIfVisible = () => {
    if (!document.hidden) this.wake();
  };

  take(text) {
    this.alive();
    const message = JSON.parse(text);
    if (message.type === "pong" || !this.follower || message.run !== this.follower.run) return;
    this.show("live");
    this.follower.onMessage(message);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Something was heard: the connection is there. Asked again when it has been silent for some time. */
  alive() {
    clearTimeout(this.deadline);
    this.deadline = null;
    clearTimeout(this.pingTimer);
    this.pingTimer = setTimeout(() => this.ping(), PING_MS);
  }

  ping() {
    this.send({ type: "ping" });
    if (!this.deadline) this.expect(ANSWER_MS);
  }

  /** A connection that says nothing by then is dead, whatever the browser thinks of it. */
  expect(ms) {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => {
      this.socket?.close();
      this.lost();
    }, ms);
  }

  async lost() {
    this.forget();
    if (!this.follower) return this.stop();
    this.show("reconnecting");
    const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(this.tries - 1, 5), LONGEST_WAIT_MS);
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    if (await isRefused()) this.refuse();
    return undefined;
  }

  /** No more tries of its own; the person may have signed in elsewhere when the tab is looked at again. */
  refuse() {
    if (!this.follower || this.socket?.readyState === WebSocket.OPEN) return;
    this.forget();
    clearTimeout(this.retryTimer);
    this.show("refused");
  }

  /** Let go of the socket without another try. */
  forget() {
    for (const timer of [this.deadline, this.pingTimer]) clearTimeout(timer);
    this.deadline = this.pingTimer = null;
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  stop() {
    this.forget();
    clearTimeout(this.retryTimer);
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wakeIfVisible);
    this.tries = 0;
    this.state = "connecting";
  }

  show(state) {
    this.state = state;
    this.follower?.onState(state);
  }
}

/** A browser does not say why a socket was refused; a request that passes the same gate does. */
const isRefused = async () => {
  try {
    const answer = await fetch(inProject("/api/v1/health"), { signal: AbortSignal.timeout(ANSWER_MS) });
    return REFUSALS.has(answer.status);
  } catch {
    return false;
  }
};

export const liveSocket = new LiveSocket();
