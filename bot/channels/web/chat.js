"use strict";
// The page keeps what was said (localStorage) and a queue of what has not reached the server yet. Each message
// carries its own id, so sending it again can never ask twice.
const texts = JSON.parse(document.getElementById("texts").textContent);
const log = document.getElementById("log"), status = document.getElementById("status");
const box = document.getElementById("text"), form = document.getElementById("form");
const FORGET = "x:yes", KEEP = 80, QUIET = 15000, LIVELY = 4000;
let said = read("said", []), queue = read("queue", []), after = read("after", 0), language = read("language", texts.first);
let drawn = new Map(), sending = false, timer = 0, delay = QUIET;

function read(name, otherwise) {
  try { return JSON.parse(localStorage.getItem("chat." + name)) ?? otherwise; } catch { return otherwise; }
}
function keep() {
  said = said.slice(-KEEP);
  try {
    for (const [name, value] of Object.entries({ said, queue, after, language })) {
      localStorage.setItem("chat." + name, JSON.stringify(value));
    }
  } catch { /* private mode: the conversation lives as long as the page */ }
}
function say(name) { return texts[language][name]; }
function newId() { return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join(""); }

function speak(chosen) {
  language = chosen;
  document.documentElement.lang = say("lang");
  document.documentElement.dir = say("dir");
  document.getElementById("title").textContent = document.title = say("title");
  document.querySelector("#menu span").textContent = say("menu");
  document.querySelector("label[for=text]").textContent = box.placeholder = say("placeholder");
  document.getElementById("send").textContent = say("send");
  document.getElementById("demo").textContent = say("demo");
  log.setAttribute("aria-label", say("log"));
}
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
function draw(item, waits) {
  const made = element("div", item.mine ? "message mine" : "message");
  made.dataset.id = item.id;
  made.dir = item.mine ? "auto" : texts[item.form].dir;
  if (!item.mine) made.lang = texts[item.form].lang;
  if (item.heading) made.append(element("p", "heading", item.heading));
  made.append(element("p", "", item.text));
  if (waits) {
    made.classList.add("waiting");
    made.append(element("p", "note", say("waiting")));
  }
  for (const row of item.choices || []) {
    const line = element("div", "row");
    for (const choice of row) line.append(button(choice, item));
    if (line.childElementCount) made.append(line);
  }
  return made;
}
function button(choice, item) {
  if (choice.kind === "url") {
    const link = element("a", "", choice.label);
    link.href = choice.action;
    link.rel = "noopener";
    return link;
  }
  const made = element("button", "", choice.label);
  made.type = "button";
  made.addEventListener("click", () => press(choice, item));
  return made;
}
// Only what changed is drawn anew: a screen reader then reads out only that, and the keyboard stays where it is.
function redraw() {
  const wanted = said.map((item) => {
    const waits = item.mine && queue.some((waiting) => waiting.id === item.id);
    const key = (item.mine ? "m" : "b") + item.id, state = JSON.stringify([item, waits]);
    const known = drawn.get(key);
    if (known && known.state === state) return known;
    return { key, state, element: draw(item, waits) };
  });
  const focused = log.contains(document.activeElement) && document.activeElement.closest(".message");
  wanted.forEach(({ element }, at) => {
    if (log.children[at] !== element) log.insertBefore(element, log.children[at] || null);
  });
  while (log.children.length > wanted.length) log.lastChild.remove();
  const changed = wanted.filter(({ key, state }) => !drawn.has(key) || drawn.get(key).state !== state);
  drawn = new Map(wanted.map((one) => [one.key, one]));
  if (focused && !focused.isConnected && changed.length) {
    const next = changed.at(-1).element.querySelector("button");
    if (next) next.focus({ preventScroll: true });
  }
  const all = log.querySelectorAll(".message:not(.mine)");
  all.forEach((one, at) => one.classList.toggle("old", at < all.length - 1));
  if (changed.length) show(changed.at(-1).element);
}
// The newest message from its beginning; a short one at the bottom, as in any chat.
function show(element) {
  const top = element.offsetTop - log.offsetTop - 8;
  log.scrollTop = Math.min(top, Math.max(top + element.offsetHeight + 24 - log.clientHeight, 0));
}
function add(message) {
  after = Math.max(after, message.id);
  const at = message.reference ? said.findIndex((one) => !one.mine && String(one.id) === message.reference) : -1;
  if (at >= 0) said[at] = message;
  else if (!said.some((one) => !one.mine && one.id === message.id)) said.push(message);
  // What has no buttons is there to be shown (a summary in French for an officer): the page keeps its language.
  if (message.form !== language && message.choices.length) speak(message.form);
}
function press(choice, item) {
  const quiet = /^[es]:/.test(choice.action);
  put({ kind: "action", action: choice.action, ref: String(item.id) }, quiet ? "" : choice.label);
}
function put(message, shown) {
  const id = newId();
  queue.push({ id, ...message });
  if (shown) said.push({ id, mine: true, text: shown });
  keep();
  redraw();
  flush();
}
async function call(method, path, body) {
  const answer = await fetch(path, {
    method, credentials: "same-origin", signal: AbortSignal.timeout(20000),
    headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
  });
  if (answer.status === 422) return { messages: [] };  // refused for good: not to be sent again
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
function receive(answer) {
  for (const message of answer.messages) add(message);
  status.hidden = true;
  keep();
  if (answer.messages.length) redraw();
}
async function flush() {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  try {
    while (queue.length) {
      const answer = await call("POST", "/chat/messages", { ...queue[0], after, language: navigator.language });
      if (queue.shift().action === FORGET) said = [];  // nothing stays on the phone either
      receive(answer);
      redraw();
    }
    delay = QUIET;
    again(QUIET);
  } catch {
    offline();
  }
  sending = false;
}
function offline() {
  status.textContent = say("offline");
  status.hidden = false;
  again(LIVELY);
}
function again(wait) {
  clearTimeout(timer);
  timer = setTimeout(queue.length ? flush : poll, wait);
}
async function poll() {
  if (document.hidden) return again(QUIET);
  try {
    const answer = await call("GET", "/chat/messages?after=" + after);
    delay = answer.messages.length ? LIVELY : Math.min(delay * 1.3, QUIET);
    receive(answer);
    again(delay);
  } catch { offline(); }
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text) return box.focus();
  box.value = "";
  put({ kind: "text", text }, text);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});
document.getElementById("menu").addEventListener("click", () => put({ kind: "text", text: "/menu" }, ""));
addEventListener("online", flush);
addEventListener("offline", offline);
document.addEventListener("visibilitychange", () => { if (!document.hidden) again(0); });
if (!texts[language]) language = texts.first;
speak(language);
redraw();
if (!said.length && !queue.length) put({ kind: "text", text: "/start" }, "");
else again(0);
