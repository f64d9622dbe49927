// Puts the page together: one conversation, or in the demonstration one for each persona.

import { Chat } from "./chat.js";
import { setClock } from "./format.js";
import { CallFailed, store } from "./net.js";
import { make } from "./view.js";

const TITLE = document.title;
const chats = [];
const unread = new Map();
let active = null;

// ------------------------------------------------------------ toasts and pictures

function toast(words, alert) {
  const place = document.getElementById(alert ? "alerts" : "toasts");
  const node = make("div", { class: "toast" }, make("span", { text: words }));
  const close = () => node.remove();
  if (alert) {
    const button = make("button", { type: "button", class: "quiet", text: "知道了" });
    node.append(button);
    // whatever is pressed next, its words have been seen, and they stand in the conversation too
    setTimeout(() => addEventListener("click", close, { once: true }));
  } else {
    setTimeout(close, 5_000);
    // quick presses: the latest two say enough
    [...place.children].slice(0, -1).forEach((older) => older.remove());
  }
  place.append(node);
}

function watchPictures() {
  const viewer = document.getElementById("viewer");
  const picture = document.getElementById("viewer-picture");
  const save = document.getElementById("viewer-save");
  document.addEventListener("picture", ({ detail }) => {
    picture.src = detail.src;
    picture.alt = detail.name;
    save.href = `${detail.src}${detail.src.includes("?") ? "&" : "?"}save=1`;
    save.download = detail.name;
    viewer.showModal();
  });
  viewer.addEventListener("click", (event) => {
    if (event.target === viewer || event.target === picture) {
      viewer.close();
    }
  });
}

// ------------------------------------------------------------ what is unread

function drawUnread() {
  const total = [...unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = total ? `（${total}）${TITLE}` : TITLE;
  chats.forEach((chat, number) => {
    const dot = document.querySelectorAll(".tab .dot")[number];
    if (dot) {
      const count = chat === active ? 0 : unread.get(chat) ?? 0;
      dot.hidden = !count;
      dot.textContent = count > 99 ? "99+" : String(count || "");
    }
  });
}

function heard(chat, message) {
  if (!message.silent && (chat !== active || document.hidden)) {
    unread.set(chat, (unread.get(chat) ?? 0) + 1);
    drawUnread();
  }
}

function look() {
  if (!document.hidden && active) {
    unread.delete(active);
    drawUnread();
  }
}

// ------------------------------------------------------------ personas

function show(number, { focus = true } = {}) {
  active = chats[number];
  chats.forEach((chat, other) => {
    chat.section.hidden = other !== number;
  });
  document.querySelectorAll(".tab").forEach((tab, other) => {
    tab.setAttribute("aria-selected", String(other === number));
    tab.tabIndex = other === number ? 0 : -1;
  });
  look();
  document.getElementById("toasts").replaceChildren(); // they were said to the other person
  active.shown();
  document.querySelector('.tab[aria-selected="true"]').scrollIntoView({ block: "nearest", inline: "center" });
  if (focus) {
    ready(active);
  }
}

/** To the place to write, unless that would push up a phone's keyboard. */
function ready(chat) {
  if (!matchMedia("(pointer: coarse) and (hover: none)").matches) {
    chat.focus();
  }
}

/** “李敏 · 联络员” in two lines: so eight people fit beside each other. */
function nameAndPart(label) {
  const [name, part = ""] = label.split(" · ");
  return [
    make("span", { class: "tab-name", text: name }),
    // read as one label, seen as two lines
    make("span", { class: "unseen", text: " · " }),
    make("span", { class: "tab-part", text: part }),
  ];
}

function drawTabs(labels) {
  const tabs = document.getElementById("tabs");
  tabs.append(...labels.map((label, number) => {
    const tab = make("button", {
      type: "button", class: "tab", role: "tab", id: `tab-${number}`, "aria-controls": `chat-${number}`,
    }, ...nameAndPart(label), make("span", { class: "dot", hidden: "" }));
    tab.addEventListener("click", () => {
      history.replaceState(null, "", `?as=${number}`);
      if (active) {
        show(number);
      }
    });
    return tab;
  }));
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && active) {
      const next = (chats.indexOf(active) + step + chats.length) % chats.length;
      show(next, { focus: false });
      tabs.children[next].focus();
    }
  });
  document.getElementById("personas").hidden = false;
}

async function startPersona(label, number) {
  const chat = new Chat(number, { heard, toast });
  chats[number] = chat;
  chat.section.id = `chat-${number}`;
  chat.section.setAttribute("role", "tabpanel");
  chat.section.setAttribute("aria-labelledby", `tab-${number}`);
  chat.section.hidden = true;
  document.getElementById("chats").append(chat.section);
  await chat.start(await chat.me());
}

async function startDemonstration(labels) {
  drawTabs(labels);
  await Promise.all(labels.map(startPersona));
  // read now: a tab may have been pressed while they were loading
  const asked = Number(new URLSearchParams(location.search).get("as"));
  show(asked in chats ? asked : 0);
}

// ------------------------------------------------------------ start

async function leave(chat, me) {
  const unsent = chat.outbox.items.length;
  if (unsent && !window.confirm(`还有 ${unsent} 条消息没有发出，退出后会丢失。仍要退出吗？`)) {
    return;
  }
  try {
    await chat.logOut();
  } catch (error) {
    if (!(error instanceof CallFailed)) {
      throw error;
    }
    toast("暂时退不出去，请检查网络后再试。", true);
    return;
  }
  store.keys(`kaohe:${me.account}:`).forEach((key) => store.remove(key));
  location.replace("login");
}

async function whoAmI(chat) {
  for (;;) {
    try {
      return await chat.me();
    } catch (error) {
      if (!(error instanceof CallFailed)) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

async function start() {
  watchPictures();
  document.addEventListener("visibilitychange", look);
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    active?.focus();
  });
  const first = new Chat(null, { heard, toast });
  const me = await whoAmI(first);
  setClock(me.now, me.zone);
  if (me.personas.length) {
    await startDemonstration(me.personas);
    return;
  }
  chats.push(first);
  active = first;
  document.getElementById("who").textContent = me.name;
  const button = document.getElementById("logout");
  button.hidden = false;
  button.addEventListener("click", () => leave(first, me));
  document.getElementById("chats").append(first.section);
  await first.start(me);
  ready(first);
}

start();
