// The live connection: hears numbers and toasts, and comes back by itself.

import { pause } from "./net.js";

const SILENCE = 50_000; // the server says something every 20 seconds
const SESSION_OVER = 4401;

export class Live {
  #net;
  #told;
  #socket = null;
  #failures = 0;
  #timer = 0;
  #silence = 0;

  /** `told` gets what the server says; `state` true when connected, false when not. */
  constructor(net, { told, state, over }) {
    this.#net = net;
    this.#told = told;
    this.state = state;
    this.over = over;
    addEventListener("online", () => this.#now());
    document.addEventListener("visibilitychange", () => this.#now());
    this.#open();
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #open() {
    clearTimeout(this.#timer);
    const address = new URL(this.#net.path("api/live"), location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.hash = "";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      this.state(true);
      this.#listen();
    });
    socket.addEventListener("message", (event) => {
      this.#listen();
      this.#told(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      clearTimeout(this.#silence);
      if (socket !== this.#socket) {
        return;
      }
      if (event.code === SESSION_OVER) {
        this.over();
        return;
      }
      this.state(false);
      this.#timer = setTimeout(() => this.#open(), pause(this.#failures));
      this.#failures += 1;
    });
  }

  /** A connection that has gone quiet is taken for dead. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#socket.close();
      this.#open();
    }, SILENCE);
  }

  #now() {
    if (!document.hidden && this.#socket?.readyState === WebSocket.CLOSED) {
      this.#failures = 0;
      this.#open();
    }
  }
}
