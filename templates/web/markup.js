// Turns the small markup of messages into nodes. Whatever is none of its few tags stays text:
// no string ever reaches the HTML parser.

const TAGS = new Set(["b", "i", "code", "a", "blockquote"]);
const PIECE = /<(\/?)([a-z]+)(?:\s+href="([^"<>]*)")?\s*>|&(#x[0-9a-f]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos);/gi;
const ADDRESS = /https?:\/\/[^\s<>"'，。；：、！？（）「」【】《》“”]+/g;
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What an entity stands for; itself if it stands for nothing. */
function character(name) {
  if (!name.startsWith("#")) {
    return NAMED[name.toLowerCase()];
  }
  const hex = name[1].toLowerCase() === "x";
  const code = parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "�";
}

function decoded(text) {
  return text.replace(PIECE, (whole, _end, _tag, _href, name) => (name ? character(name) : whole));
}

function link(address) {
  const node = document.createElement("a");
  node.href = address;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

/** Text with the addresses in it made into links. */
export function withLinks(text) {
  const nodes = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, "");
    nodes.append(text.slice(from, found.index));
    const node = link(address);
    node.textContent = address;
    nodes.append(node);
    from = found.index + address.length;
  }
  nodes.append(text.slice(from));
  return nodes;
}

/** The markup as nodes. */
export function render(markup) {
  const open = [{ tag: "", node: document.createDocumentFragment() }];
  let text = "";
  const flush = () => {
    if (text) {
      const asIs = open.some(({ tag }) => tag === "a" || tag === "code");
      open[open.length - 1].node.append(asIs ? text : withLinks(text));
      text = "";
    }
  };
  let from = 0;
  for (const found of markup.matchAll(PIECE)) {
    const [whole, end, name, href, entity] = found;
    const tag = name?.toLowerCase();
    text += markup.slice(from, found.index);
    from = found.index + whole.length;
    if (entity) {
      text += character(entity);
    } else if (!TAGS.has(tag)) {
      text += whole;
    } else if (!end) {
      flush();
      const node = element(tag, decoded(href ?? ""));
      open[open.length - 1].node.append(node);
      open.push({ tag, node });
    } else if (open.some((other) => other.tag === tag)) {
      flush();
      while (open.pop().tag !== tag);
    } else {
      text += whole;
    }
  }
  text += markup.slice(from);
  flush();
  return open[0].node;
}

function element(tag, address) {
  if (tag !== "a") {
    return document.createElement(tag);
  }
  return /^https?:\/\//i.test(address) ? link(address) : document.createElement("span");
}

/** Only the words, for announcements. */
export function plain(markup) {
  return render(markup).textContent;
}
