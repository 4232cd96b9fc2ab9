// What makes the console quicker to use. Every page works without it.
"use strict";

// Instants in the viewer's own zone; UTC stays on hover.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!isNaN(at)) {
    const two = (n) => String(n).padStart(2, "0");
    time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  }
}

const say = (text, kind) => {
  const p = document.createElement("p");
  p.className = "flash " + kind;
  p.textContent = text;
  document.getElementById("live").replaceChildren(p);
};

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    } catch {
      say("The browser did not let it be copied.", "bad");
    }
  });
}

document.addEventListener("submit", (event) => {
  const box = event.target.elements.q; // a card number never goes into an address; its last four digits do
  if (box) box.value = box.value.replace(/(^|\s)(?:card:|last4:)?(?:\d[ ._/-]*){6,}(\d{4})(?=\s|$)/g, "$1card:$2");
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
    return;
  }
  const button = event.submitter;
  if (button && event.target.method === "post") setTimeout(() => { button.disabled = true; }, 0); // one click is enough
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

// Keys: "/" finds, "?" shows the keys, "g" and a letter goes to a page.
let going = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (Date.now() - going < 1500) {
    going = 0;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (event.key === "g") { going = Date.now(); return; }
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
  if (event.key === "?") document.getElementById("keys")?.showModal();
});

// Nobody is signed out without a word.
const warn = Number(document.body.dataset.warn);
if (warn > 0) setTimeout(() => say("You will be signed out in a minute. Open any page to stay.", "bad"), warn * 1000);
