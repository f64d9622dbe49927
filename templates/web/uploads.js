// Files on their way up: each goes by itself, with its progress, and is kept by the server once it
// is up. A refused one says why and holds up none of the others.

import { pause, toLogin, uuid } from "./net.js";

const AT_ONCE = 2;
const TRIES = 5;

export class Uploads {
  #net;
  #to;

  /** `to` is where they go; `changed` is called whenever something has to be drawn; `over(words)`
   * when nothing more can be sent. */
  constructor(net, { changed, to = "api/uploads", over = () => {} }) {
    this.#net = net;
    this.#to = to;
    this.changed = changed;
    this.over = over;
    this.files = [];
  }

  /** Files that came up in an earlier life of the page. */
  restore(files) {
    this.files = files.map((file) => ({ ...file, state: "done", sent: file.size }));
  }

  get busy() {
    return this.files.some((file) => file.state === "waiting" || file.state === "going");
  }

  get done() {
    return this.files
      .filter((file) => file.state === "done")
      .map(({ token, name, size, inline }) => ({ token, name, size, inline }));
  }

  add(chosen) {
    for (const source of chosen) {
      const preview = /^image\/(jpeg|png|webp|gif)$/.test(source.type) ? URL.createObjectURL(source) : "";
      this.files.push({
        id: uuid(), source, preview, name: source.name, size: source.size,
        state: "waiting", sent: 0, tries: 0, words: "",
      });
    }
    this.changed();
    this.#next();
  }

  remove(file) {
    file.request?.abort();
    if (file.preview) {
      URL.revokeObjectURL(file.preview);
    }
    this.files = this.files.filter((other) => other !== file);
    this.changed();
    this.#next();
  }

  again(file) {
    Object.assign(file, { state: "waiting", tries: 0, words: "" });
    this.changed();
    this.#next();
  }

  /** The message with these files is on its way. */
  clear() {
    for (const file of this.files) {
      if (file.preview) {
        URL.revokeObjectURL(file.preview);
      }
    }
    this.files = [];
    this.changed();
  }

  #next() {
    const going = this.files.filter((file) => file.state === "going").length;
    const waiting = this.files.filter((file) => file.state === "waiting");
    for (const file of waiting.slice(0, Math.max(0, AT_ONCE - going))) {
      file.state = "going";
      this.changed(file);
      this.#go(file);
    }
  }

  async #go(file) {
    // asked before any byte moves: a refusal in the middle of a large body is lost on the way
    const what = { id: file.id, name: file.name, size: file.size };
    const outcome = await this.#net.post(`${this.#to}/check`, what).then(
      (told) => (told.done ? { status: 200, told: {} } : this.#send(file)),
      (error) => ({ status: error.status, told: { words: error.words } }),
    );
    if (!this.files.includes(file)) {
      return;
    }
    const { status, told } = outcome;
    if (status === 200) {
      Object.assign(file, told, { state: "done", sent: file.size, source: null });
    } else if (status === 401) {
      toLogin();
    } else if (status === 0 || status === 408 || status === 409 || status >= 500) {
      file.tries += 1;
      if (status === 409) {
        file.id = uuid(); // under the old one it was refused for a reason that is gone
      }
      if (file.tries < TRIES) {
        await new Promise((resolve) => setTimeout(resolve, pause(file.tries)));
        file.state = this.files.includes(file) ? "waiting" : "gone";
      } else {
        Object.assign(file, { state: "failed", words: "没有传上去，请检查网络后重试。" });
      }
    } else {
      if (status === 410) {
        this.over(told?.words);
      }
      const words = told?.words || (status === 413 ? "文件太大。" : "这个文件没有被接收。");
      Object.assign(file, { state: "refused", words });
    }
    this.changed();
    this.#next();
  }

  #send(file) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      file.request = request;
      request.open("POST", this.#net.path(this.#to));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.toWellFormed?.() ?? file.name));
      request.setRequestHeader("X-Upload-Id", file.id);
      request.setRequestHeader("X-More-Follow", "1");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        file.sent = event.loaded;
        this.changed(file);
      });
      request.addEventListener("loadend", () => {
        file.request = null;
        resolve({ status: request.status, told: request.response });
      });
      request.send(file.source);
    });
  }
}
