// What the person has said and the server has not yet confirmed: sent in order, again and again,
// under the same UUID, so that it has one effect however often it arrives. Messages outlive the
// page; a press is only good while somebody looks at it.

import { CallFailed, pause, store } from "./net.js";

const SLOW = 2; // failures after which the person is told
const PRESS_LIVES = 120_000;

export class Outbox {
  #net;
  #prefix;
  #items = [];
  #running = false;
  #wake = () => {};
  #failures = 0;

  /** `changed` is called when an item's state did; `sent` with the server's row of an item. */
  constructor(net, { account, changed, sent, pressLost }) {
    this.#net = net;
    this.#prefix = `kaohe:${account}:out:`;
    this.changed = changed;
    this.sent = sent;
    this.pressLost = pressLost;
    this.#items = store.keys(this.#prefix).map((key) => store.read(key)).filter(Boolean);
    this.#items.sort((a, b) => a.at - b.at);
    addEventListener("online", () => this.kick());
  }

  get items() {
    return this.#items;
  }

  /** `item`: {id, kind, at, ...what is posted}. */
  add(item) {
    this.#items.push(item);
    if (item.kind === "message") {
      store.write(this.#prefix + item.id, item);
    }
    this.changed(item);
    this.run();
  }

  /** Try a refused or stuck item once more. */
  again(item) {
    item.state = "";
    item.words = "";
    this.changed(item);
    this.kick();
    this.run();
  }

  /** Take an item back that the server refused. */
  drop(item) {
    this.#items = this.#items.filter((other) => other !== item);
    store.remove(this.#prefix + item.id);
  }

  /** Don't wait any longer: the server is there again. */
  kick() {
    this.#failures = 0;
    this.#wake();
  }

  async run() {
    if (this.#running) {
      return;
    }
    this.#running = true;
    let item;
    while ((item = this.#items.find((other) => other.state !== "refused"))) {
      if (item.kind === "press" && Date.now() - item.at > PRESS_LIVES) {
        this.drop(item);
        this.pressLost(item);
        continue;
      }
      try {
        const told = await this.#post(item);
        this.#failures = 0;
        this.drop(item);
        this.sent(item, told.message);
      } catch (error) {
        if (!(error instanceof CallFailed)) {
          this.#running = false;
          throw error;
        }
        if (error.status === 401) {
          break;
        }
        await this.#failed(item, error);
      }
    }
    this.#running = false;
  }

  #post(item) {
    return item.kind === "press"
      ? this.#net.post("api/press", { id: item.id, action: item.action, message: item.message })
      : this.#net.post("api/messages", {
        id: item.id, text: item.text, label: item.label, files: item.files.map((file) => file.token),
      });
  }

  async #failed(item, error) {
    if (!error.passing) {
      if (item.kind === "press") {
        this.drop(item);
        this.pressLost(item);
        return;
      }
      item.state = "refused";
      item.words = error.words || (error.status === 413
        ? "内容太长，请分几次发送，或存成文件发送。"
        : "这条消息没有被接收，请检查后重试。");
      store.write(this.#prefix + item.id, item);
      this.changed(item);
      return;
    }
    this.#failures += 1;
    if (this.#failures >= SLOW && item.state !== "stuck") {
      item.state = "stuck";
      this.changed(item);
    }
    await new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, pause(this.#failures));
    });
  }
}
