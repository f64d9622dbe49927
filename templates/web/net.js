// Calls to the server. A failure says what can be done next: log in, give up, or try again.

const PATIENCE = 30_000;

export class CallFailed extends Error {
  /** `status` 0 means that no answer came; `words` is markup for the person, if there is any. */
  constructor(status, words) {
    super(`call failed: ${status}`);
    this.status = status;
    this.words = words;
  }

  /** Whether the same call may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Addresses of one visitor; `persona` is the number of a tab of the demonstration, or null. */
export class Net {
  constructor(persona) {
    this.persona = persona;
  }

  /** A path of the server, relative to the page. */
  path(path) {
    if (this.persona === null) {
      return path;
    }
    return `${path}${path.includes("?") ? "&" : "?"}as=${this.persona}`;
  }

  async get(path) {
    return this.#call(path, { cache: "no-store" });
  }

  async post(path, what) {
    return this.#call(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
  }

  async #call(path, how) {
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), PATIENCE);
    let answer;
    let told;
    try {
      answer = await fetch(this.path(path), { ...how, signal: given.signal });
      told = await answer.json().catch(() => null);
    } catch {
      throw new CallFailed(0, "");
    } finally {
      clearTimeout(timer);
    }
    if (answer.status === 401) {
      toLogin();
    }
    if (!answer.ok || told === null) {
      throw new CallFailed(answer.ok ? 0 : answer.status, told?.words ?? "");
    }
    return told;
  }
}

/** What is written and not sent stays in this browser and is there again after the login. */
export function toLogin() {
  location.replace("login");
}

/** A random UUID; `crypto.randomUUID` is missing on plain http, as in many an office network. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** How long to wait after so many failures in a row, in milliseconds. */
export function pause(failures) {
  return Math.min(15_000, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
}

/** A small store in this browser; a full or forbidden one is no reason to fail. */
export const store = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // kept in memory at least
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing was kept
    }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};
