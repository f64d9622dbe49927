// What is wrong with what is on the screen now, and the words of it; see looking.py.

(finger) => {
  const faults = [];
  // what stands further up was looked at when it came
  const RECENT = 4;
  const chat = document.querySelector(".chat:not([hidden])");
  const name = (node) => `${node.className || node.tagName} “${node.textContent.trim().slice(0, 24)}”`;
  const shown = (node) => node.checkVisibility() && !node.closest(".unseen");
  const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
    && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const wordsOf = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].filter(({ width }) => width > 0);
  };

  // ---- sideways
  const root = document.documentElement;
  const recent = [...chat.querySelectorAll(".log > .message")].slice(-RECENT);
  const bubbles = recent.map((one) => one.querySelector(".bubble"));
  for (const node of [root, chat.querySelector(".scroll"), ...bubbles]) {
    if (node.scrollWidth > node.clientWidth + 1) {
      faults.push(`scrolls sideways: ${name(node)}`);
    }
  }

  // ---- buttons: high enough, their words whole, nothing under another
  const buttons = [...document.querySelectorAll("button, a.button, a.file")].filter((one) => (
    shown(one) && (!one.closest(".log") || recent.some((each) => each.contains(one)))
  ));
  for (const button of buttons) {
    const place = button.getBoundingClientRect();
    if (place.height < finger - 0.5 && !button.closest(".text")) {
      faults.push(`only ${place.height} high: ${name(button)}`);
    }
    if (!button.closest(".tabs") && (place.left < 0 || place.right > innerWidth)) {
      faults.push(`beyond the window: ${name(button)}`);
    }
    if (!button.querySelector("img") && wordsOf(button).some((words) => !inside(words, place))) {
      faults.push(`words cut off: ${name(button)}`);
    }
  }
  for (const choices of recent.flatMap((one) => [...one.querySelectorAll(".choices")])) {
    const places = [...choices.querySelectorAll("button")].map((one) => [one, one.getBoundingClientRect()]);
    places.forEach(([one, a], at) => {
      for (const [other, b] of places.slice(at + 1)) {
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
          faults.push(`one over the other: ${name(one)}, ${name(other)}`);
        }
      }
    });
  }

  // ---- text: whole, and below what stands before it
  for (const bubble of bubbles) {
    const place = bubble.getBoundingClientRect();
    for (const part of bubble.querySelectorAll(".text, .file-name, .thumb")) {
      const within = part.matches(".thumb") ? [part.getBoundingClientRect()] : wordsOf(part);
      if (within.some((one) => !inside(one, place))) {
        faults.push(`out of its bubble: ${name(part)}`);
      }
    }
    const parts = [...bubble.children].filter(shown).map((one) => [one, one.getBoundingClientRect()]);
    parts.slice(1).forEach(([part, { top }], at) => {
      if (top < parts[at][1].bottom - 1) {
        faults.push(`over what stands above: ${name(part)}`);
      }
    });
  }
  const column = [...chat.querySelectorAll(".log > li")].slice(-RECENT);
  column.slice(1).forEach((item, at) => {
    if (item.getBoundingClientRect().top < column[at].getBoundingClientRect().bottom - 1) {
      faults.push(`over the message above: ${name(item)}`);
    }
  });
  const page = [document.querySelector(".bar"), document.querySelector(".personas"),
    chat.querySelector(".scroll"), chat.querySelector(".composer")].map((one) => one.getBoundingClientRect());
  page.slice(1).forEach(({ top }, at) => {
    if (top < page[at].bottom - 1) {
      faults.push(`part ${at + 1} of the page over the one above`);
    }
  });
  if (page[3].bottom > innerHeight + 1) {
    faults.push("the place to write is below the window");
  }
  for (const node of document.querySelectorAll("h1, .personas-note, .tab-name, .tab-part, .tool")) {
    if (shown(node) && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline") {
      faults.push(`cut off: ${name(node)}`);
    }
  }

  // ---- a way on: a button on what was said last or on the card that it is about, or in words
  const said = recent.filter((one) => !one.matches(".mine")).slice(-2);
  const leadsOn = (one) => [...one.querySelectorAll(".choices button")].some(shown)
    || one.textContent.includes("发送“");
  if (!said.some(leadsOn)) {
    faults.push("no way on");
  }
  const read = said.flatMap((one) => [
    ...one.querySelectorAll(".text, .choices button, .file-name"),
  ]);
  return [faults, [...read.map((one) => one.textContent),
    ...[...document.querySelectorAll("#toasts, #alerts")].map((one) => one.textContent)]];
}
