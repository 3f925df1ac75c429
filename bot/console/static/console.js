"use strict";
// Small conveniences; every page works without them.
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}
// A list of people who wait renews itself while nobody writes.
for (const list of document.querySelectorAll("[data-refresh]")) {
  setTimeout(() => { if (document.visibilityState === "visible") location.replace(location.pathname + location.search); }, Number(list.dataset.refresh) * 1000);
}
// An answer being written is checked and previewed a moment after the last key.
for (const form of document.querySelectorAll("form[data-check]")) {
  let waiting = 0, latest = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++latest;
      const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form), redirect: "error" });
      if (answer.ok && mine === latest) document.getElementById("check").innerHTML = await answer.text();
    }, 500);
  });
  let unsaved = false;
  form.addEventListener("input", () => { unsaved = true; });
  form.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
}
// Facts: put in where the cursor was, or offered while `{` is typed.
const facts = [...document.querySelectorAll("[data-fact]")];
let field = document.querySelector("[data-facts]");
function insert(name) {
  const until = field.selectionEnd, begun = /\{[a-z0-9_]*$/.exec(field.value.slice(0, until));
  field.setRangeText(`{${name}}`, begun ? begun.index : until, until, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
function offer() {
  field.nextElementSibling?.matches(".offers") && field.nextElementSibling.remove();
  const begun = /\{([a-z0-9_]*)$/.exec(field.value.slice(0, field.selectionEnd));
  if (!begun) return;
  const list = document.createElement("div");
  list.className = "offers";
  for (const fact of facts.filter((one) => one.dataset.fact.includes(begun[1]) || one.textContent.toLowerCase().includes(begun[1])).slice(0, 8)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second";
    button.textContent = fact.firstElementChild.textContent;
    button.addEventListener("click", () => { list.remove(); insert(fact.dataset.fact); });
    list.append(button);
  }
  field.after(list);
}
for (const area of document.querySelectorAll("[data-facts]")) {
  area.addEventListener("focus", () => { field = area; });
  area.addEventListener("input", () => { field = area; offer(); });
  area.addEventListener("keydown", (event) => {
    const first = area.nextElementSibling?.matches(".offers") && area.nextElementSibling.querySelector("button");
    if (first && event.key === "ArrowDown") { event.preventDefault(); first.focus(); }
    if (first && event.key === "Escape") area.nextElementSibling.remove();
  });
}
for (const fact of facts) fact.addEventListener("click", () => insert(fact.dataset.fact));
// What takes a moment to find out is fetched after the page is there.
for (const part of document.querySelectorAll("[data-load]")) {
  part.setAttribute("aria-busy", "true");
  fetch(part.dataset.load).then(async (answer) => { if (answer.ok) part.innerHTML = await answer.text(); }).finally(() => part.removeAttribute("aria-busy"));
}
