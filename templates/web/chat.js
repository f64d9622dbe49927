// One conversation: gets what is new by its number, says what the person writes and presses.

import { Composer } from "./composer.js";
import { List } from "./list.js";
import { Live } from "./live.js";
import { CallFailed, Net, toLogin, uuid } from "./net.js";
import { Outbox } from "./outbox.js";

const POLL = 5_000; // without a live connection
const ANSWER_WAIT = 6_000; // how long a pressed button waits for its answer
const BLINK = 1_500; // a shorter break of the connection is no news

export class Chat {
  #net;
  #seq = 0;
  #syncing = null;
  #wanted = 0;
  #more = false;
  #loaded = false;
  #loadingOlder = false;
  #offline = 0;
  #waits = new Map();

  /** `persona` is the number of a tab of the demonstration, or null. */
  constructor(persona, { heard, toast }) {
    this.#net = new Net(persona);
    this.heard = heard;
    this.toast = toast;
    this.section = document.getElementById("chat-template").content.cloneNode(true).firstElementChild;
    this.older = this.section.querySelector(".older");
    this.list = new List(this.section, {
      path: (path) => this.#net.path(path), atTop: () => this.#loadOlder(),
    });
  }

  /** `me` is what the server says of this visitor. */
  async start(me) {
    this.composer = new Composer(this.section, {
      net: this.#net, me, menu: () => this.#menu(),
      say: (what) => this.#say(what), alert: (words) => this.toast(words, true),
    });
    this.outbox = new Outbox(this.#net, {
      account: me.account,
      changed: (item) => item.kind === "message" && this.list.putUnsent(item),
      sent: (item, row) => this.#sent(item, row),
      pressLost: (item) => {
        this.#answered(item.id);
        this.toast("刚才的按钮没有送出，请再按一次。", true);
      },
    });
    this.#listen();
    await this.#load();
    this.outbox.items.forEach((item) => this.list.putUnsent(item));
    this.outbox.run();
    this.live = new Live(this.#net, {
      told: (what) => this.#told(what),
      state: (connected) => this.#connected(connected),
      over: toLogin,
    });
    setInterval(() => this.live.connected || this.sync(), POLL);
  }

  me() {
    return this.#net.get("api/me");
  }

  logOut() {
    return this.#net.post("api/logout", {});
  }

  focus() {
    this.composer.focus();
  }

  /** Called when this conversation comes into sight: it has had no height until now. */
  shown() {
    this.composer.fit();
    this.list.follow();
  }

  // ------------------------------------------------------------ getting

  async #load() {
    for (let tries = 0; !this.#loaded; tries += 1) {
      try {
        const told = await this.#net.get("api/messages");
        this.#seq = told.seq;
        this.#more = told.more;
        this.#loaded = true;
        this.list.putHistory(told.messages);
      } catch (error) {
        passing(error);
        this.#connected(false);
        await new Promise((resolve) => setTimeout(resolve, Math.min(8_000, 500 * 2 ** tries)));
      }
    }
    this.#connected(true);
    this.older.hidden = !this.#more;
    this.list.toEnd();
  }

  /** Fetch all that is newer than what is here. One at a time; asked meanwhile, once more. */
  async sync() {
    this.#wanted += 1;
    this.#syncing ??= this.#fetch().finally(() => {
      this.#syncing = null;
    });
    await this.#syncing;
  }

  async #fetch() {
    let served = 0;
    while (served !== this.#wanted && this.#loaded) {
      served = this.#wanted;
      let told;
      do {
        try {
          told = await this.#net.get(`api/messages?after=${this.#seq}`);
        } catch (error) {
          passing(error);
          return;
        }
        if (told.seq < this.#seq) {
          location.reload(); // the server was set back to an older state
          return;
        }
        this.#news(told.messages);
      } while (told.more);
      this.outbox.kick();
    }
  }

  #news(messages) {
    this.#seq = Math.max(this.#seq, ...messages.map((message) => message.seq));
    const said = this.list.putNews(messages, { all: !this.#more });
    if (said.length) {
      [...this.#waits.keys()].forEach((id) => this.#answered(id));
      said.forEach((message) => this.heard(this, message));
    }
  }

  async #loadOlder() {
    if (!this.#more || this.#loadingOlder) {
      return;
    }
    this.#loadingOlder = true;
    try {
      const told = await this.#net.get(`api/messages?before=${this.list.first}`);
      const held = document.activeElement === this.older;
      this.#more = told.more;
      this.list.putHistory(told.messages);
      this.older.hidden = !this.#more;
      if (held && !this.#more) {
        this.list.scroll.focus();
      }
    } catch (error) {
      passing(error);
    }
    this.#loadingOlder = false;
  }

  #told(what) {
    if (what.seq > this.#seq) {
      this.sync();
    }
    if (what.done) {
      this.#answered(what.done);
    }
    if (what.toast) {
      this.toast(what.toast, what.alert);
    }
  }

  #connected(yes) {
    clearTimeout(this.#offline);
    const notice = this.section.querySelector(".offline");
    if (yes) {
      notice.hidden = true;
      this.sync();
    } else {
      this.#offline = setTimeout(() => {
        notice.hidden = false;
      }, BLINK);
    }
  }

  async #menu() {
    try {
      return await this.#net.get("api/menu");
    } catch (error) {
      passing(error);
      this.toast("暂时取不到菜单，请稍后再试。", true);
      return [];
    }
  }

  // ------------------------------------------------------------ saying

  #say({ text, label, files }) {
    this.outbox.add({ id: uuid(), kind: "message", at: Date.now(), text, label, files });
  }

  #sent(item, row) {
    if (item.kind === "message") {
      this.list.putNews([row], { all: !this.#more });
    }
    const wait = this.#waits.get(item.id);
    if (wait) {
      wait.timer = setTimeout(() => this.#answered(item.id), ANSWER_WAIT);
    }
    this.sync();
  }

  #press(button) {
    const message = Number(button.closest("li").dataset.id);
    const { action } = button.dataset;
    const waits = [...this.#waits.values()];
    if (waits.some((wait) => wait.action === action && wait.message === message)) {
      return;
    }
    const id = uuid();
    this.#waits.set(id, { action, message, button, timer: 0 });
    button.setAttribute("aria-disabled", "true");
    button.classList.add("chosen");
    this.list.pressed = message;
    this.outbox.add({ id, kind: "press", at: Date.now(), action, message });
  }

  /** The answer to a press is there: its button can be pressed again. */
  #answered(id) {
    const wait = this.#waits.get(id);
    if (wait) {
      clearTimeout(wait.timer);
      wait.button.removeAttribute("aria-disabled");
      wait.button.classList.remove("chosen");
      this.#waits.delete(id);
    }
  }

  #listen() {
    this.list.log.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) {
        return;
      }
      const { uuid: id } = button.closest("li").dataset;
      const unsent = this.outbox.items.find((item) => item.id === id);
      if (button.dataset.action !== undefined) {
        this.#press(button);
      } else if (button.classList.contains("picture")) {
        const asked = new CustomEvent("picture", { bubbles: true, detail: button.dataset });
        button.dispatchEvent(asked);
      } else if (button.classList.contains("again")) {
        this.outbox.again(unsent);
      } else if (button.classList.contains("take-back")) {
        this.outbox.drop(unsent);
        this.list.forget(id);
        this.composer.takeBack(unsent);
      }
    });
    this.older.addEventListener("click", () => this.#loadOlder());
    this.list.jump.addEventListener("click", () => {
      this.list.toEnd();
      this.focus();
    });
    this.section.querySelector(".welcome button").addEventListener("click", () => {
      this.#say({ text: "菜单", label: "", files: [] });
      this.focus();
    });
  }
}

/** A failed call is part of life; anything else is a fault of ours. */
function passing(error) {
  if (!(error instanceof CallFailed)) {
    throw error;
  }
}
