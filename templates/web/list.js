// The list of messages on the screen: by id, each drawn in place, the unsent ones at its end.

import { dayKey, dayWords } from "./format.js";
import { plain } from "./markup.js";
import { draw, drawUnsent, make } from "./view.js";

const NEAR = 60; // pixels from an end that count as being there
const MARGIN = 12; // above a message that is shown from its beginning
const REMEMBERED = 5; // announcements

export class List {
  pressed = 0; // id of the message that the person pressed last, until it has changed
  #messages = new Map();
  #items = new Map();
  #unsent = new Map();
  #stuck = true;
  #path;

  /** `path` makes an address of the server's; `atTop` is called when the person gets there. */
  constructor(section, { path, atTop }) {
    this.#path = path;
    this.scroll = section.querySelector(".scroll");
    this.log = section.querySelector(".log");
    this.jump = section.querySelector(".jump");
    this.welcome = section.querySelector(".welcome");
    this.announcer = section.querySelector(".announcer");
    this.scroll.addEventListener("scroll", () => {
      this.#stuck = this.#end() - this.scroll.scrollTop < NEAR;
      if (this.#stuck) {
        this.jump.hidden = true;
      }
      if (this.scroll.scrollTop < NEAR) {
        atTop();
      }
    });
    const grown = new ResizeObserver(() => this.follow());
    grown.observe(this.log);
    grown.observe(this.scroll);
  }

  /** The lowest id that is here. */
  get first() {
    return Math.min(...this.#messages.keys());
  }

  /** The id of the last message that the person wrote; presses don't count. */
  #lastTyped() {
    let typed = 0;
    for (const [id, message] of this.#messages) {
      if (message.mine && !message.press) {
        typed = Math.max(typed, id);
      }
    }
    return typed;
  }

  /** What this page started with, or what was written before that. */
  putHistory(messages) {
    const height = this.scroll.scrollHeight;
    messages.forEach((message) => this.#put(message));
    this.#drawAround();
    this.scroll.scrollTop += this.scroll.scrollHeight - height;
    this.follow();
  }

  /** News; `all` says that nothing lies before what is here. Returns what the program said. */
  putNews(messages, { all }) {
    const said = [];
    let changed = null;
    let unseen = false;
    for (const message of messages) {
      const known = this.#messages.has(message.id);
      if (!known && !all && message.id < this.first) {
        this.forget(message.uuid);
        continue; // something further up than what is loaded
      }
      this.#put(message);
      if (known && message.id === this.pressed) {
        changed = this.#items.get(message.id);
        this.pressed = 0;
      }
      if (!message.mine) {
        said.push(message);
        unseen ||= !known;
        this.#announce(message, known);
      }
    }
    this.#drawAround();
    if (this.#stuck && said.length) {
      this.toEnd();
    } else if (unseen) {
      this.jump.hidden = false;
    } else if (changed) {
      this.#show(changed);
    }
    return said;
  }

  #put(message) {
    this.#messages.set(message.id, message);
    if (message.mine) {
      this.forget(message.uuid);
    }
    if (message.press) {
      return;
    }
    const item = this.#items.get(message.id) ?? make("li");
    item.dataset.id = message.id;
    draw(item, message, this.#path);
    if (!this.#items.has(message.id)) {
      this.#items.set(message.id, item);
      const next = [...this.log.children].find((other) => (
        other.dataset.uuid || Number(other.dataset.id) > message.id
      ));
      this.log.insertBefore(item, next ?? null);
    }
  }

  // ------------------------------------------------------------ what is not sent yet

  putUnsent(unsent) {
    let item = this.#unsent.get(unsent.id);
    if (!item) {
      item = make("li");
      item.dataset.uuid = unsent.id;
      this.#unsent.set(unsent.id, item);
      this.log.append(item);
      this.#stuck = true;
    }
    drawUnsent(item, unsent);
    this.#drawAround();
    this.follow();
  }

  forget(uuid) {
    this.#unsent.get(uuid)?.remove();
    this.#unsent.delete(uuid);
  }

  // ------------------------------------------------------------ around the messages

  #drawAround() {
    this.#drawDays();
    this.#markPast();
    this.welcome.hidden = this.log.childElementCount > 0;
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
        item.before(make("li", { class: "day" }, make("span", { text: dayWords(moment) })));
        last = key;
      }
    }
  }

  /** Cards from before the last thing that the person wrote look quieter; they still work. */
  #markPast() {
    const typed = this.#lastTyped();
    const cards = [...this.#messages].filter(([, message]) => message.buttons?.length);
    const lastCard = Math.max(0, ...cards.map(([id]) => id));
    for (const [id, item] of this.#items) {
      item.classList.toggle("past", id < typed && id !== lastCard);
    }
  }

  #announce(message, edited) {
    const labels = (message.buttons ?? []).flat().map((button) => button.label);
    const words = [
      edited ? "已更新：" : "",
      plain(message.text).slice(0, 300),
      message.files.length ? `，${message.files.length}个文件` : "",
      labels.length ? `。可选：${labels.join("、")}` : "",
    ].join("");
    this.announcer.append(make("p", { text: words }));
    while (this.announcer.childElementCount > REMEMBERED) {
      this.announcer.firstElementChild.remove();
    }
  }

  // ------------------------------------------------------------ where it is scrolled to

  /** The lowest place to look from; a last message that is too long is shown from its beginning. */
  #end() {
    const lowest = this.scroll.scrollHeight - this.scroll.clientHeight;
    const last = this.log.lastElementChild;
    return last ? Math.min(lowest, this.#beginning(last)) : lowest;
  }

  #beginning(item) {
    const place = this.scroll.getBoundingClientRect().top - this.scroll.scrollTop;
    return item.getBoundingClientRect().top - place - MARGIN;
  }

  /** A card that was pressed and has changed, from its beginning unless all of it is seen. */
  #show(item) {
    const view = this.scroll.getBoundingClientRect();
    const { top, bottom } = item.getBoundingClientRect();
    if (top < view.top || bottom > view.bottom) {
      this.scroll.scrollTop = this.#beginning(item);
    }
  }

  /** Stay at the end if that is where the person was. */
  follow() {
    if (this.#stuck && this.scroll.scrollTop < this.#end()) {
      this.toEnd();
    }
  }

  toEnd() {
    this.#stuck = true;
    this.scroll.scrollTop = this.#end();
    this.jump.hidden = true;
  }
}
