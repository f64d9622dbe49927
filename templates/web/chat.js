// One conversation: its messages by id, kept up to date by their sequence numbers.

import { Composer } from "./composer.js";
import { dayKey, dayWords } from "./format.js";
import { Live } from "./live.js";
import { plain } from "./markup.js";
import { CallFailed, Net, toLogin, uuid } from "./net.js";
import { Outbox } from "./outbox.js";
import { draw, drawUnsent, make } from "./view.js";

const POLL = 5_000; // without a live connection
const ANSWER_WAIT = 6_000; // how long a pressed button waits for its answer
const NEAR = 60;

export class Chat {
  #net;
  #seq = 0;
  #messages = new Map();
  #items = new Map();
  #unsent = new Map();
  #syncing = null;
  #wanted = 0;
  #stuck = true;
  #more = false;
  #loaded = false;
  #waits = new Map();
  #menuItems = null;

  /** `persona` is the number of a tab of the demonstration, or null. */
  constructor(persona, { heard, toast }) {
    this.#net = new Net(persona);
    this.heard = heard;
    this.toast = toast;
    this.section = document.getElementById("chat-template").content.cloneNode(true).firstElementChild;
    this.scroll = this.section.querySelector(".scroll");
    this.log = this.section.querySelector(".log");
    this.older = this.section.querySelector(".older");
    this.announcer = this.section.querySelector(".announcer");
    this.jump = this.section.querySelector(".jump");
  }

  /** `me` is what the server says of this visitor. */
  async start(me) {
    this.composer = new Composer(this.section, {
      net: this.#net, me, menu: () => this.#menu(),
      say: (what) => this.#say(what), alert: (words) => this.toast(words, true),
    });
    this.outbox = new Outbox(this.#net, {
      account: me.account,
      changed: (item) => this.#drawUnsent(item),
      sent: (item, row) => this.#sent(item, row),
      pressLost: (item) => {
        this.#answered(item.id);
        this.toast("刚才的按钮没有送出，请再按一次。", true);
      },
    });
    this.#listen();
    await this.#load();
    this.outbox.items.forEach((item) => this.#drawUnsent(item));
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
    this.#follow();
  }

  // ------------------------------------------------------------ getting

  async #load() {
    for (let tries = 0; !this.#loaded; tries += 1) {
      try {
        const told = await this.#net.get("api/messages");
        this.#seq = told.seq;
        this.#more = told.more;
        this.#loaded = true;
        this.#put(told.messages);
      } catch (error) {
        passing(error);
        this.#connected(false);
        await new Promise((resolve) => setTimeout(resolve, Math.min(8_000, 500 * 2 ** tries)));
      }
    }
    this.section.querySelector(".offline").hidden = true;
    this.older.hidden = !this.#more;
    this.#toEnd();
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
        const top = told.messages.length ? told.messages[told.messages.length - 1].seq : this.#seq;
        this.#seq = Math.max(this.#seq, top);
        this.#put(told.messages, { fresh: true });
      } while (told.more);
      this.outbox.kick();
    }
  }

  async #loadOlder() {
    if (!this.#more || this.loadingOlder) {
      return;
    }
    this.loadingOlder = true;
    try {
      const first = Math.min(...this.#messages.keys());
      const told = await this.#net.get(`api/messages?before=${first}`);
      this.#more = told.more;
      const [height, held] = [this.scroll.scrollHeight, document.activeElement === this.older];
      this.#put(told.messages);
      this.scroll.scrollTop += this.scroll.scrollHeight - height;
      this.older.hidden = !this.#more;
      if (held && !this.#more) {
        this.scroll.focus();
      }
    } catch (error) {
      passing(error);
    }
    this.loadingOlder = false;
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
    clearTimeout(this.offlineTimer);
    const notice = this.section.querySelector(".offline");
    if (yes) {
      notice.hidden = true;
      this.sync();
    } else {
      // a blink of the network is no news
      this.offlineTimer = setTimeout(() => {
        notice.hidden = false;
      }, 1_500);
    }
  }

  async #menu() {
    try {
      this.#menuItems = await this.#net.get("api/menu");
    } catch (error) {
      passing(error);
    }
    if (!this.#menuItems) {
      this.toast("暂时取不到菜单，请稍后再试。", true);
    }
    return this.#menuItems ?? [];
  }

  // ------------------------------------------------------------ drawing

  #put(messages, { fresh = false } = {}) {
    for (const message of messages) {
      const known = this.#messages.has(message.id);
      const first = this.#messages.size ? Math.min(...this.#messages.keys()) : 0;
      if (!known && fresh && this.#more && message.id < first) {
        continue; // an edit of something further up than what is loaded
      }
      this.#messages.set(message.id, message);
      if (message.mine) {
        this.#forget(message.uuid);
      }
      if (message.press) {
        continue;
      }
      const item = this.#items.get(message.id) ?? make("li");
      item.dataset.id = message.id;
      draw(item, message, (path) => this.#net.path(path));
      if (!this.#items.has(message.id)) {
        this.#items.set(message.id, item);
        this.#place(item, message.id);
      }
      if (fresh && !message.mine) {
        this.#announce(message, known);
      }
    }
    this.#drawDays();
    this.#markCurrent();
    this.section.querySelector(".welcome").hidden = this.log.childElementCount > 0 || this.#more;
    if (fresh && messages.some((message) => !message.mine)) {
      this.#waits.forEach((_, id) => this.#answered(id));
      if (!this.#stuck) {
        this.jump.hidden = false;
      }
    }
    this.#follow();
  }

  /** Messages stand in the order of their ids, unsent ones after all of them. */
  #place(item, id) {
    const next = [...this.log.children].find((other) => (
      other.classList.contains("unsent") || Number(other.dataset.id) > id
    ));
    this.log.insertBefore(item, next ?? null);
  }

  #drawDays() {
    for (const day of this.log.querySelectorAll(".day")) {
      day.remove();
    }
    let last = "";
    for (const item of this.log.querySelectorAll("li[data-id]")) {
      const moment = new Date(this.#messages.get(Number(item.dataset.id)).at);
      const key = dayKey(moment);
      if (key !== last) {
        item.before(make("li", { class: "day", "data-day": key }, make("span", { text: dayWords(moment) })));
        last = key;
      }
    }
  }

  /** Cards from before the last thing that the person wrote look quieter; they still work. */
  #markCurrent() {
    let typed = 0;
    let lastCard = 0;
    for (const [id, message] of this.#messages) {
      if (message.mine && !message.press) {
        typed = Math.max(typed, id);
      } else if (message.buttons?.length) {
        lastCard = Math.max(lastCard, id);
      }
    }
    for (const [id, item] of this.#items) {
      item.classList.toggle("past", id < typed && id !== lastCard);
    }
  }

  #announce(message, edited) {
    const buttons = (message.buttons ?? []).flat().map((button) => button.label);
    const words = [
      edited ? "已更新：" : "", plain(message.text).slice(0, 300),
      message.files.length ? `，${message.files.length}个文件` : "",
      buttons.length ? `。可选：${buttons.join("、")}` : "",
    ].join("");
    this.announcer.append(make("p", { text: words }));
    while (this.announcer.childElementCount > 5) {
      this.announcer.firstElementChild.remove();
    }
    this.heard(this, message);
  }

  #drawUnsent(item) {
    if (item.kind === "press") {
      return;
    }
    let node = this.#unsent.get(item.id);
    if (!node) {
      node = make("li");
      node.dataset.uuid = item.id;
      this.#unsent.set(item.id, node);
      this.log.append(node);
      this.section.querySelector(".welcome").hidden = true;
      this.#stuck = true;
    }
    drawUnsent(node, item);
    this.#follow();
  }

  #forget(id) {
    this.#unsent.get(id)?.remove();
    this.#unsent.delete(id);
  }

  // ------------------------------------------------------------ saying

  #say({ text, label, files }) {
    this.outbox.add({ id: uuid(), kind: "message", at: Date.now(), text, label, files });
  }

  #sent(item, row) {
    if (item.kind === "message") {
      this.#put([row]);
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
    const waiting = [...this.#waits.values()].some((wait) => wait.action === action && wait.message === message);
    if (waiting) {
      return;
    }
    const id = uuid();
    this.#waits.set(id, { action, message, button, timer: 0 });
    button.setAttribute("aria-disabled", "true");
    button.classList.add("chosen");
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

  // ------------------------------------------------------------ the list's own behaviour

  #listen() {
    this.log.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) {
        return;
      }
      const unsent = this.outbox.items.find((item) => item.id === button.closest("li").dataset.uuid);
      if (button.dataset.action !== undefined) {
        this.#press(button);
      } else if (button.classList.contains("picture")) {
        this.section.dispatchEvent(new CustomEvent("picture", { bubbles: true, detail: button.dataset }));
      } else if (button.classList.contains("again")) {
        this.outbox.again(unsent);
      } else if (button.classList.contains("take-back")) {
        this.outbox.drop(unsent);
        this.#forget(unsent.id);
        this.composer.takeBack(unsent);
      }
    });
    this.scroll.addEventListener("scroll", () => {
      this.#stuck = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
      if (this.#stuck) {
        this.jump.hidden = true;
      }
      if (this.scroll.scrollTop < NEAR) {
        this.#loadOlder();
      }
    });
    this.older.addEventListener("click", () => this.#loadOlder());
    this.jump.addEventListener("click", () => {
      this.#toEnd();
      this.focus();
    });
    this.section.querySelector(".welcome button").addEventListener("click", () => {
      this.#say({ text: "菜单", label: "", files: [] });
      this.focus();
    });
    new ResizeObserver(() => this.#follow()).observe(this.log);
    new ResizeObserver(() => this.#follow()).observe(this.scroll);
  }

  #follow() {
    if (this.#stuck) {
      this.#toEnd();
    }
  }

  #toEnd() {
    this.#stuck = true;
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.jump.hidden = true;
  }
}

function passing(error) {
  if (!(error instanceof CallFailed)) {
    throw error;
  }
}
