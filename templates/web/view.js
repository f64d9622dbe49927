// One message as an element of the list, drawn anew in place when it changes.

import { badge, clockWords, sizeWords } from "./format.js";
import { render, withLinks } from "./markup.js";

const FEW = 4; // so many numbers need no columns

export function make(tag, { class: name, text, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  if (name) {
    node.className = name;
  }
  if (text !== undefined) {
    node.textContent = text;
  }
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const BADGES = {
  PDF: "red", OFD: "red", DOC: "blue", DOCX: "blue", WPS: "blue", XLS: "green", XLSX: "green",
  ET: "green", PPT: "orange", PPTX: "orange",
};

export function fileBadge(name) {
  const words = badge(name);
  return make("span", { class: `badge ${BADGES[words] ?? ""}`, "aria-hidden": "true", text: words });
}

function picture(file, path) {
  const image = make("img", { src: path(file.url), alt: file.name, loading: "lazy", class: "thumb" });
  const button = make("button", { type: "button", class: "picture", "aria-label": `查看图片 ${file.name}` }, image);
  image.addEventListener("error", () => {
    const gone = make("span", { class: "gone", text: `图片 ${file.name} 已不能显示` });
    button.replaceWith(gone);
  });
  button.dataset.src = path(file.url);
  button.dataset.name = file.name;
  return button;
}

function card(file, path) {
  return make(
    "a",
    { class: "file", href: path(`${file.url}?save=1`), download: file.name },
    fileBadge(file.name),
    make("span", { class: "file-name", text: file.name }),
    make("span", { class: "file-size", text: sizeWords(file.size) }),
  );
}

function attached(files, path) {
  const pictures = files.filter((file) => file.inline);
  const others = files.filter((file) => !file.inline);
  const nodes = others.map((file) => card(file, path));
  if (pictures.length) {
    nodes.unshift(make(
      "div", { class: pictures.length > 1 ? "pictures many" : "pictures" },
      ...pictures.map((file) => picture(file, path)),
    ));
  }
  return nodes;
}

const areNumbers = (row) => row.every(({ label }) => /^[0-9.]+$/.test(label));

/** Lines of buttons; many numbers to choose from, which come in several, are one. */
function lines(rows) {
  if (!rows.some((row) => row.length > FEW && areNumbers(row))) {
    return rows;
  }
  const numbers = rows.filter(areNumbers);
  const at = rows.indexOf(numbers[0]);
  return [...rows.slice(0, at), numbers.flat(), ...rows.slice(at).filter((row) => !areNumbers(row))];
}

function buttonRow(row) {
  const kind = row.length > FEW && areNumbers(row) ? "buttons numbers" : "buttons";
  return make("div", { class: kind }, ...row.map(({ label, action, style }) => {
    const button = make("button", { type: "button", class: `button ${style}`, text: label });
    button.dataset.action = action;
    return button;
  }));
}

function who(mine) {
  return make("span", { class: "unseen", text: mine ? "我：" : "考核助手：" });
}

/** Where the keyboard was in a message, to be found again after it was drawn anew. */
function heldFocus(item) {
  const held = document.activeElement;
  if (!item.contains(held) || held === item) {
    return () => {};
  }
  const { action } = held.dataset;
  const label = held.textContent;
  const at = [...item.querySelectorAll("button, a")].indexOf(held);
  return () => {
    const now = [...item.querySelectorAll("button, a")];
    const next = now.find((node) => action !== undefined && node.dataset.action === action)
      ?? now.find((node) => node.textContent === label)
      ?? now[Math.min(at, now.length - 1)]
      ?? item;
    next.focus({ preventScroll: true });
  };
}

/** Draws `message` into its list item. `path` makes an address of the server's. */
export function draw(item, message, path) {
  const giveBack = heldFocus(item);
  const moment = new Date(message.at);
  const bubble = make("div", { class: "bubble" }, who(message.mine));
  if (message.label || message.text) {
    const text = make("div", { class: "text" });
    text.append(message.mine ? withLinks(message.label || message.text) : render(message.text));
    bubble.append(text);
  }
  bubble.append(...attached(message.files, path));
  const rows = message.buttons ?? [];
  if (rows.length) {
    bubble.classList.add("card");
    bubble.append(make(
      "div",
      { class: "choices", role: "group", "aria-label": "可选操作" },
      ...lines(rows).map(buttonRow),
    ));
  }
  const time = make("time", { datetime: message.at, text: clockWords(moment) });
  const foot = make("div", { class: "foot" }, time);
  item.className = message.mine ? "message mine" : "message";
  item.tabIndex = -1;
  item.replaceChildren(...(message.mine ? [] : [avatar()]), make("div", { class: "body" }, bubble, foot));
  giveBack();
}

function avatar() {
  return make("img", { class: "avatar", src: "assets/icon.svg", alt: "", width: "36", height: "36" });
}

/** Draws what has not arrived yet, with its state. */
export function drawUnsent(item, unsent) {
  const bubble = make("div", { class: "bubble" }, who(true));
  if (unsent.label || unsent.text) {
    const text = make("div", { class: "text" });
    text.append(withLinks(unsent.label || unsent.text));
    bubble.append(text);
  }
  for (const { name, size } of unsent.files) {
    bubble.append(make(
      "span", { class: "file" }, fileBadge(name),
      make("span", { class: "file-name", text: name }), make("span", { class: "file-size", text: sizeWords(size) }),
    ));
  }
  item.className = "message mine unsent";
  item.replaceChildren(make("div", { class: "body" }, bubble, foot(unsent)));
}

function foot(unsent) {
  if (unsent.state === "refused") {
    const words = make("span", { class: "why" });
    words.append(render(unsent.words));
    return make(
      "div", { class: "foot" }, words,
      make("button", { type: "button", class: "quiet again", text: "重试" }),
      make("button", { type: "button", class: "quiet take-back", text: "取回修改" }),
    );
  }
  if (unsent.state === "stuck") {
    return make("div", { class: "foot" }, make("button", { type: "button", class: "quiet again", text: "未发出，点此重试" }));
  }
  return make("div", { class: "foot" }, make("span", { text: "发送中…" }));
}
