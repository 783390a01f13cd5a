"use strict";
const about = JSON.parse(document.getElementById("about").textContent);
const get = (id) => document.getElementById(id);

// The services' pages and the cashier let themselves be framed by the hub's own address alone.
if (location.origin !== about.hub && location.hostname === "localhost") location.replace(about.hub + location.pathname);

const sheet = get("sheet");
const diagram = new Diagram(about, showMessage);
const phone = get("phone");
const guide = [...document.querySelectorAll("#guide [data-key]")];
const WATCHED = new Set(["silence", "forward"]); // steps that only this page knows of: they were seen in the messages
const kept = JSON.parse(sessionStorage.getItem("guide") || '{"tried": [], "done": []}');
const tried = new Set(kept.tried);
const done = new Set(kept.done);
const armed = new Set();
let count = 0;
let last = { boot: "", seq: about.after };
let source = null;
let pushed = sessionStorage.getItem("pushed") || "";

// --- messages as they pass

function listen() {
  if (source || document.hidden) return; // a browser has six connections for us: tabs that nobody sees need none
  source = new EventSource(`/sandbox/events?after=${last.seq}`);
  source.addEventListener("open", () => lamp(true));
  source.addEventListener("error", () => lamp(false));
  source.addEventListener("hello", (event) => {
    const hello = JSON.parse(event.data);
    if (!last.boot || last.boot === hello.boot) { last.boot = hello.boot; return; }
    // The sandbox began anew, and with it the journal: what we know of numbers is of the old one.
    diagram.clear();
    last = { boot: hello.boot, seq: 0 };
    source.close();
    source = null;
    listen();
    refresh();
  });
  source.addEventListener("message", (event) => {
    const arrow = JSON.parse(event.data);
    if (arrow.seq <= last.seq) return;
    last.seq = arrow.seq;
    passed(arrow);
  });
}

function lamp(live) {
  get("lamp").classList.toggle("live", live);
  get("lamp").lastElementChild.textContent = live ? "live" : "connecting";
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) { source?.close(); source = null; } else { listen(); refreshSoon(); }
});

function passed(arrow) {
  count += 1;
  get("count").textContent = String(count);
  diagram.add(arrow);
  for (const each of about.whatIfs) {
    if (arrow.kind === "req" && arrow.message === each.message && arrow.to === each.to && armed.delete(each.key)) showArmed();
  }
  watch(arrow);
  refreshSoon();
}

// --- the guide: five steps by what this phone has done, two by what passes

const noticed = new Map();

function watch(arrow) {
  if (arrow.kind !== "req") return;
  if (arrow.message === "TRX_RESULT_INQUIRY" && arrow.to === "Core Bank" && tried.has("silence")) tick("silence");
  if (arrow.message === "PAYMENT_RESULT_NOTICE" && arrow.to === "Industry") {
    const times = (noticed.get(arrow.msgId) || 0) + 1;
    noticed.set(arrow.msgId, times);
    if (times > 1 && tried.has("forward")) tick("forward");
  }
}

function tick(key) {
  done.add(key);
  keepGuide();
  showGuide();
}

function keepGuide() {
  sessionStorage.setItem("guide", JSON.stringify({ tried: [...tried], done: [...done].filter((each) => WATCHED.has(each)) }));
}

function showGuide() {
  const now = guide.find((step) => !done.has(step.dataset.key));
  for (const step of guide) {
    step.classList.toggle("done", done.has(step.dataset.key));
    step.classList.toggle("now", step === now);
    step.title = step === now ? "" : step.querySelector("b").textContent;
  }
  get("end").hidden = now !== undefined;
}

let soon = 0;
function refreshSoon() {
  clearTimeout(soon);
  soon = setTimeout(refresh, 250);
}

async function refresh() {
  try {
    const answer = await fetch("/sandbox/app/progress", { cache: "no-store" });
    if (!answer.ok) return;
    const progress = await answer.json();
    const own = guide.map((step) => step.dataset.key).filter((key) => !WATCHED.has(key));
    for (const key of own) progress.done.includes(key) ? done.add(key) : done.delete(key);
    showGuide();
    const fresh = progress.latest !== null && progress.latest.id !== pushed;
    if (fresh) { pushed = progress.latest.id; sessionStorage.setItem("pushed", pushed); push(progress.latest); }
    if (showsApp()) phone.contentWindow.postMessage({ unread: progress.unread, fresh }, location.origin);
  } catch { /* the stream's lamp tells */ }
}

// --- the phone

function showsApp() {
  try {
    return phone.contentWindow.location.pathname.startsWith("/sandbox/app/");
  } catch {
    return false; // a service's own page: none of our business
  }
}

let hiding = 0;
function push(latest) {
  const banner = get("push");
  banner.firstElementChild.textContent = latest.title;
  banner.lastElementChild.textContent = latest.text;
  banner.hidden = true;
  void banner.offsetWidth; // begins the movement anew
  banner.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { banner.hidden = true; }, 6_000);
}
get("push").addEventListener("click", () => { get("push").hidden = true; });

for (const tab of document.querySelectorAll(".views button")) {
  tab.addEventListener("click", () => {
    document.body.dataset.view = tab.dataset.view;
    if (tab.dataset.view === "messages") { get("hint").hidden = true; sessionStorage.setItem("hinted", "1"); }
    for (const each of document.querySelectorAll(".views button")) each.setAttribute("aria-selected", String(each === tab));
    if (tab.dataset.view === "messages") diagram.toEnd();
  });
}

// --- what if

async function post(path, content) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
  if (!answer.ok) throw new Error((await answer.json()).error);
}

let saying = 0;
function say(text) {
  get("said").textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => { get("said").textContent = ""; }, 5_000);
}

function showArmed() {
  for (const button of document.querySelectorAll(".whatif [data-key]")) {
    button.classList.toggle("armed", armed.has(button.dataset.key));
    button.setAttribute("aria-pressed", String(armed.has(button.dataset.key)));
  }
}

for (const button of document.querySelectorAll(".whatif [data-key]")) {
  const each = about.whatIfs.find((known) => known.key === button.dataset.key);
  button.addEventListener("click", async () => {
    const off = armed.has(each.key);
    try {
      for (const order of each.orders) await post("/sandbox/faults", { ...order, times: off ? 0 : 1 });
    } catch (error) {
      say(String(error.message));
      return;
    }
    // One message can meet one fault: the newest takes the place.
    for (const other of about.whatIfs) if (other.message === each.message) armed.delete(other.key);
    if (!off) { armed.add(each.key); tried.add(each.key); keepGuide(); }
    say(off ? "As usual again." : each.text);
    showArmed();
  });
}

get("clear").addEventListener("click", () => { diagram.clear(); count = 0; get("count").textContent = "0"; });
document.querySelector(".whatif [data-clock]").addEventListener("click", async (event) => {
  try {
    await post("/sandbox/clock", { advance_s: Number(event.currentTarget.dataset.clock) });
    say("It is a minute later for hub, worker and partners.");
  } catch (error) { say(String(error.message)); }
});

// --- one message in full

async function showMessage(arrow) {
  const asks = arrow.kind === "req";
  get("sheet-chart").textContent = arrow.chart && arrow.chart !== "I"
    ? `${about.charts[arrow.chart]}, chart ${arrow.chart}${arrow.number ? ", step " + arrow.number : ""}` : about.charts[arrow.chart] || "";
  get("sheet-title").textContent = arrow.message;
  get("sheet-way").textContent = `${asks ? "Request" : "Answer"}, ${arrow.from} → ${arrow.to} (${arrow.partner})`;
  get("sheet-words").textContent = arrow.words;
  const facts = [["msgID", arrow.msgId], ["Business time", new Date(arrow.at * 1000).toISOString().slice(11, 23)]];
  if (!asks) facts.push(["Code", arrow.code || "none"], ["Took", took(arrow.ms) || "under 0.1 ms"]);
  if (arrow.fault) facts.push(["Made to fail", arrow.fault]);
  get("sheet-facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  get("sheet-body").textContent = "…";
  if (!sheet.open) sheet.showModal();
  try {
    const answer = await fetch(`/sandbox/journal/${arrow.seq}`, { cache: "no-store" });
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.error);
    get("sheet-body").replaceChildren(...coloured(content.body));
  } catch (error) {
    get("sheet-body").textContent = String(error.message);
  }
}

function coloured(body) {
  if (body === null) return ["The body is forgotten: newer messages took its place."];
  if (typeof body === "string") return [body];
  return JSON.stringify(body, null, 2).split(/("(?:[^"\\]|\\.)*"(?=:))/).map((part, place) => (place % 2 ? element("span", part, "key") : part));
}

get("close").addEventListener("click", () => sheet.close());
sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });

get("hint").hidden = sessionStorage.getItem("hinted") !== null;
showGuide();
listen();
refresh();
