// Trades a code for a session. A code that came in the link leaves the address bar at once.

import { plain } from "./markup.js";

const form = document.getElementById("login");
const field = document.getElementById("code");
const who = document.getElementById("who");
const named = document.getElementById("name");
const fault = document.getElementById("fault");
const button = form.querySelector("button");

/** Whether there was a code in the address; if so, it is in the field now. */
function takeCode() {
  const given = new URLSearchParams(location.hash.slice(1)).get("code");
  if (location.hash) {
    history.replaceState(null, "", location.pathname);
  }
  if (given) {
    field.value = given;
    button.focus();
  }
  return Boolean(given);
}

addEventListener("hashchange", takeCode);
if (!takeCode()) {
  // A link from elsewhere comes without the strict cookie; asking from here brings it along.
  fetch("api/me").then((answer) => {
    if (answer.ok) {
      location.replace("./");
    }
  }, () => {});
}

function say(words) {
  fault.textContent = words;
  fault.hidden = !words;
}

async function logIn() {
  let answer;
  try {
    answer = await fetch("api/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: field.value.trim(), name: who.hidden ? "" : named.value.trim() }),
    });
  } catch {
    return "暂时连不上服务器，请检查网络后再试。";
  }
  if (answer.ok) {
    location.replace("./");
    return "";
  }
  const told = await answer.json().catch(() => ({}));
  // a department's join code is for many: it asks who this is
  if (told.error === "linking.name_wanted") {
    who.hidden = false;
  }
  return told.words ? plain(told.words) : "服务器正忙，请稍后再试。";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled")) {
    return;
  }
  if (!field.value.trim()) {
    say("请先输入登录码。");
    field.focus();
    return;
  }
  button.setAttribute("aria-disabled", "true");
  say("");
  const words = await logIn();
  button.removeAttribute("aria-disabled");
  if (words) {
    say(words);
    const next = who.hidden ? field : named;
    next.focus();
    next.select();
  }
});
