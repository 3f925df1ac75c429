"use strict";
// Small conveniences; every page works without them.
for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}
// A list of people who wait renews itself while nobody writes.
for (const list of document.querySelectorAll("[data-refresh]")) {
  setTimeout(() => { if (document.visibilityState === "visible") location.replace(location.pathname + location.search); }, Number(list.dataset.refresh) * 1000);
}
