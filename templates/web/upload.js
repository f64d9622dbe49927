// The upload page of one draft: files go up one by one, each says what became of it, and when
// none is left to go the chat is asked to show the draft.

import { sizeWords } from "./format.js";
import { CallFailed, Net, pause, uuid } from "./net.js";
import { Uploads } from "./uploads.js";
import { fileBadge, make } from "./view.js";

const TRIES = 5;
const page = (id) => document.getElementById(id);
const token = location.pathname.split("/").pop();
const net = new Net(null);
const uploads = new Uploads(net, { to: `${token}/files`, changed: draw, over });
let unshown = 0; // files that the draft has and the chat has not shown

// ------------------------------------------------------------ the draft

async function open() {
  let draft;
  for (let failures = 1; !draft; failures += 1) {
    try {
      draft = await net.get(`${token}/draft`);
    } catch (error) {
      if (!(error instanceof CallFailed)) {
        throw error;
      }
      if (!error.passing || failures === TRIES) {
        over(error.words || "暂时连不上服务器，请检查网络后刷新本页。");
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, pause(failures)));
    }
  }
  page("what").textContent = `${draft.department} · ${draft.title || "（未写标题）"}`;
  page("limits").textContent =
    `每个文件最大 ${Math.round(draft.fileBytes / 1024 / 1024)} MB，一份材料最多 ${draft.most} 个。`;
  page("choose-input").accept = draft.accept;
  for (const { name, size } of draft.files) {
    page("files").append(row({ name, size: size ?? 0 }, "已在草稿里"));
  }
  page("files").hidden = !draft.files.length;
  page("open").hidden = false;
}

function over(words) {
  page("closed").textContent = words || "链接已失效，请回到聊天里再点一次“上传材料”。";
  page("closed").hidden = false;
  for (const id of ["camera", "choose"]) {
    page(id).disabled = true;
  }
}

// ------------------------------------------------------------ files

function row(file, words) {
  return make(
    "li",
    { class: "upload done" },
    fileBadge(file.name),
    make("span", { class: "upload-name", text: file.name, title: file.name }),
    make("span", { class: "upload-state", text: `${words} · ${sizeWords(file.size)}` }),
  );
}

function state(file) {
  switch (file.state) {
    case "done":
      return `已收到 · ${sizeWords(file.size)}`;
    case "waiting":
      return file.tries ? "连接不稳，稍后自动重试" : `等待上传 · ${sizeWords(file.size)}`;
    case "going":
      return file.sent < file.size
        ? `正在上传 ${percent(file)}%（共 ${sizeWords(file.size)}）` : "正在保存…";
    default:
      return file.words;
  }
}

const percent = (file) => (file.size ? Math.floor((100 * Math.min(file.sent, file.size)) / file.size) : 0);

function fill(file) {
  const bad = file.state === "failed" || file.state === "refused";
  const words = make("span", { class: "upload-state", text: state(file) });
  const parts = [
    file.preview ? make("img", { src: file.preview, alt: "", class: "upload-picture" }) : fileBadge(file.name),
    make("span", { class: "upload-name", text: file.name, title: file.name }),
    words,
  ];
  if (file.state === "going") {
    parts.push(make("progress", { max: "100", value: `${percent(file)}`, "aria-label": `${file.name} 的进度` }));
  }
  if (bad) {
    words.setAttribute("role", "alert");
    parts.push(
      act("重试", file, () => uploads.again(file)),
      act("移除", file, () => uploads.remove(file)),
    );
  }
  file.row.className = `upload ${bad ? "bad" : file.state}`;
  file.row.replaceChildren(...parts);
}

function act(label, file, does) {
  const button = make("button", { type: "button", class: "quiet", "aria-label": `${label} ${file.name}`, text: label });
  button.addEventListener("click", () => {
    does();
    page("choose").focus(); // the button is gone now
  });
  return button;
}

/** `file` if only its progress has changed. */
function draw(file) {
  const bar = file?.state === "going" && file.row?.querySelector("progress");
  if (bar) {
    bar.value = percent(file);
    file.row.querySelector(".upload-state").textContent = state(file);
    return;
  }
  for (const each of uploads.files) {
    each.row ??= page("files").appendChild(make("li"));
    if (each.state === "done" && !each.counted) {
      each.counted = true;
      unshown += 1;
    }
    if (each.drawn !== `${each.state} ${each.tries} ${each.words}` || each === file) {
      each.drawn = `${each.state} ${each.tries} ${each.words}`;
      fill(each);
    }
  }
  for (const li of [...page("files").children]) {
    if (!li.classList.contains("done") && !uploads.files.some((each) => each.row === li)) {
      li.remove();
    }
  }
  page("files").hidden = !page("files").children.length;
  page("sum").textContent = summary();
  if (!uploads.busy && unshown) {
    show();
  }
}

function summary() {
  const count = (...states) => uploads.files.filter((file) => states.includes(file.state)).length;
  const parts = [
    [count("done"), "已收到"], [count("waiting", "going"), "正在上传"], [count("failed", "refused"), "没有收下"],
  ];
  return parts.filter(([number]) => number).map(([number, words]) => `${words} ${number} 个`).join("，");
}

/** Have the chat show the draft. Best effort: the draft has the files already. */
function show(leaving = false) {
  const id = uuid();
  unshown = 0;
  const once = () => net.post(`${token}/show`, { id });
  if (leaving) {
    const body = new Blob([JSON.stringify({ id })], { type: "application/json" });
    navigator.sendBeacon?.(`${token}/show`, body);
    return;
  }
  once().catch(() => new Promise((resolve) => setTimeout(resolve, pause(2))).then(once)).catch(() => {});
}

addEventListener("pagehide", () => {
  if (unshown) {
    show(true);
  }
});

// ------------------------------------------------------------ choosing

for (const way of ["camera", "choose"]) {
  const input = page(`${way}-input`);
  page(way).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    uploads.add([...input.files]);
    input.value = "";
    page(way).focus();
  });
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") && !page("choose").disabled;
addEventListener("dragover", (event) => {
  if (holdsFiles(event)) {
    event.preventDefault();
    page("drop").hidden = false;
  }
});
addEventListener("dragleave", (event) => {
  page("drop").hidden ||= !event.relatedTarget;
});
addEventListener("drop", (event) => {
  page("drop").hidden = true;
  if (holdsFiles(event)) {
    event.preventDefault();
    uploads.add([...event.dataTransfer.files]);
  }
});

open();
