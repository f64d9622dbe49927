// Where a message is written: text, files, the menu. The draft is kept in this browser.

import { sizeWords } from "./format.js";
import { render } from "./markup.js";
import { store } from "./net.js";
import { Uploads } from "./uploads.js";
import { fileBadge, make } from "./view.js";

const TALLEST = 168;

export class Composer {
  #form;
  #text;
  #chips;
  #menu;
  #menuButton;
  #picker;
  #key;
  #waiting = false;

  /** `say({text, label, files})` is called with a finished message; `menu()` gives the commands. */
  constructor(section, { net, me, say, menu, alert }) {
    this.#form = section.querySelector(".composer");
    this.#text = section.querySelector("textarea");
    this.#chips = section.querySelector(".chips");
    this.#menu = section.querySelector(".menu");
    this.#menuButton = section.querySelector(".menu-button");
    this.#picker = section.querySelector(".picker");
    this.#key = `kaohe:${me.account}:draft`;
    this.say = say;
    this.menu = menu;
    this.alert = alert;
    this.#picker.accept = me.accept;
    this.uploads = new Uploads(net, { changed: (file) => this.#uploadsChanged(file) });
    const touch = matchMedia("(pointer: coarse) and (hover: none)").matches;
    this.#text.placeholder = touch ? "输入消息" : "输入消息，回车发送，Shift+回车换行";
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("keydown", (event) => {
      // while an input method is composing, Enter chooses a word
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229 && !touch) {
        event.preventDefault();
        this.#send();
      }
    });
    this.#text.addEventListener("input", () => this.#keep());
    this.#text.addEventListener("paste", (event) => this.#paste(event));
    section.querySelector(".attach").addEventListener("click", () => this.#picker.click());
    this.#picker.addEventListener("change", () => {
      this.uploads.add(this.#picker.files);
      this.#picker.value = "";
      this.focus();
    });
    this.#menuButton.addEventListener("click", () => this.#toggleMenu());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.#menu.hidden) {
        this.#closeMenu();
        this.#menuButton.focus();
      }
    });
    document.addEventListener("click", (event) => {
      if (!this.#menu.contains(event.target) && !this.#menuButton.contains(event.target)) {
        this.#closeMenu();
      }
    });
    this.#drops(section);
    this.#restore();
  }

  focus() {
    this.#text.focus();
  }

  /** Put a message that was refused back to where it can be changed. */
  takeBack({ text, files }) {
    this.#text.value = [text, this.#text.value].filter(Boolean).join("\n");
    this.uploads.files.push(...files.map((file) => ({ ...file, state: "done", sent: file.size })));
    this.#uploadsChanged();
    this.#keep();
    this.focus();
  }

  #send() {
    const text = this.#text.value;
    if (this.uploads.busy) {
      this.#waiting = true;
      this.#drawWaiting();
      return;
    }
    this.#waiting = false;
    const files = this.uploads.done;
    if (!text.trim() && !files.length) {
      this.#drawWaiting();
      return;
    }
    this.#text.value = "";
    this.uploads.clear();
    this.#keep();
    this.say({ text: wellFormed(text), label: "", files });
  }

  /** As high as its text, within limits. */
  fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(TALLEST, this.#text.scrollHeight + 2)}px`;
  }

  #keep() {
    this.fit();
    const draft = { text: this.#text.value, files: this.uploads.done };
    if (draft.text || draft.files.length) {
      store.write(this.#key, draft);
    } else {
      store.remove(this.#key);
    }
  }

  #restore() {
    const draft = store.read(this.#key);
    if (draft) {
      this.#text.value = draft.text;
      this.uploads.restore(draft.files);
      this.#drawChips();
      this.#keep();
    }
  }

  // ------------------------------------------------------------ files

  #uploadsChanged(file) {
    if (file?.chip) {
      this.#drawProgress(file);
      return;
    }
    this.#drawChips();
    this.#keep();
    if (this.#waiting && !this.uploads.busy) {
      const gone = this.uploads.files.some(({ state }) => state === "refused" || state === "failed");
      this.#waiting = false;
      // with something missing the person decides whether the rest is to go alone
      if (!gone) {
        this.#send();
      }
    }
    this.#drawWaiting();
  }

  #drawWaiting() {
    this.#form.querySelector(".waiting").hidden = !this.#waiting;
  }

  #drawChips() {
    this.#chips.hidden = !this.uploads.files.length;
    for (const file of this.uploads.files) {
      file.chip ??= make("li", { class: "chip" });
      if (file.drawn !== file.state) {
        file.drawn = file.state;
        this.#drawChip(file);
      }
    }
    const wanted = this.uploads.files.map((file) => file.chip);
    for (const chip of [...this.#chips.children]) {
      if (!wanted.includes(chip)) {
        chip.remove();
      }
    }
    for (const chip of wanted) {
      if (!chip.isConnected) {
        this.#chips.append(chip);
      }
    }
  }

  #drawChip(file) {
    const bad = file.state === "refused" || file.state === "failed";
    const state = make("span", { class: "chip-state" });
    if (bad) {
      state.append(render(file.words));
    } else if (file.state === "done") {
      state.textContent = `${sizeWords(file.size)} · 已上传`;
    } else {
      state.append(make("progress", { max: "100", value: "0", "aria-label": `${file.name} 上传进度` }));
    }
    const image = file.preview
      ? make("img", { src: file.preview, alt: "", class: "chip-picture" })
      : fileBadge(file.name);
    const remove = make("button", { type: "button", class: "quiet remove", "aria-label": `移除 ${file.name}`, text: "✕" });
    remove.addEventListener("click", () => {
      this.uploads.remove(file);
      this.focus();
    });
    const again = make("button", { type: "button", class: "quiet", text: "重试" });
    again.addEventListener("click", () => this.uploads.again(file));
    file.chip.className = bad ? "chip bad" : "chip";
    file.chip.replaceChildren(
      image, make("span", { class: "chip-name", text: file.name, title: file.name }), state,
      ...(file.state === "failed" ? [again] : []), remove,
    );
    this.#drawProgress(file);
  }

  #drawProgress(file) {
    const bar = file.chip.querySelector("progress");
    if (bar) {
      bar.value = file.size ? Math.min(100, (100 * file.sent) / file.size) : 0;
    }
  }

  #paste(event) {
    const files = [...event.clipboardData.files];
    if (!files.length) {
      return;
    }
    event.preventDefault();
    const stamp = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
    this.uploads.add(files.map((file, number) => {
      const plain = /^image\.\w+$/.test(file.name);
      const name = plain ? `截图${stamp}${number || ""}.${file.name.split(".").pop()}` : file.name;
      return plain ? new File([file], name, { type: file.type }) : file;
    }));
  }

  #drops(section) {
    const curtain = section.querySelector(".drop");
    let depth = 0;
    const carries = (event) => [...event.dataTransfer.types].includes("Files");
    section.addEventListener("dragenter", (event) => {
      if (carries(event)) {
        depth += 1;
        curtain.hidden = false;
      }
    });
    section.addEventListener("dragleave", (event) => {
      if (carries(event)) {
        depth = Math.max(0, depth - 1);
        curtain.hidden = depth === 0;
      }
    });
    section.addEventListener("dragover", (event) => event.preventDefault());
    section.addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      curtain.hidden = true;
      const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
      const folders = items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
      if (folders.length) {
        this.alert("不能直接添加文件夹，请打开后选择里面的文件。");
      }
      const files = items.filter((item) => !folders.includes(item)).map((item) => item.getAsFile());
      this.uploads.add(files.filter(Boolean));
      this.focus();
    });
  }

  // ------------------------------------------------------------ menu

  async #toggleMenu() {
    if (!this.#menu.hidden) {
      this.#closeMenu();
      return;
    }
    const items = await this.menu();
    const list = this.#menu.querySelector("ul");
    list.replaceChildren(...items.map(({ text, title }) => {
      const button = make("button", { type: "button", class: "menu-item", text: title });
      button.addEventListener("click", () => {
        this.#closeMenu();
        this.focus();
        this.say({ text, label: title, files: [] });
      });
      return make("li", {}, button);
    }));
    this.#menu.hidden = false;
    this.#menuButton.setAttribute("aria-expanded", "true");
    list.querySelector("button")?.focus();
  }

  #closeMenu() {
    this.#menu.hidden = true;
    this.#menuButton.setAttribute("aria-expanded", "false");
  }
}

/** Half of a surrogate pair can't be sent. */
function wellFormed(text) {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) => (found[1] ? found : "�"));
}
