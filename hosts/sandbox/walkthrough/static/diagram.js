"use strict";
// The diagram: rows of a list, each with its arrow between two lifelines. Widths are shares of the lane, so nothing is measured.
const MAX_ROWS = 600;
const NO_ANSWER_MS = 11_000;
const NOTICES = new Set(["PAYMENT_RESULT_NOTICE", "TRX_RESULT_NOTIFICATION"]);
const HUBS = new Set(["SCIS", "UCSP"]);

class Diagram {
  constructor(about, show) {
    this.about = about;
    this.show = show;
    this.lines = [...about.lifelines];
    this.narrow = matchMedia("(max-width: 960px)");
    this.seen = new Set(); // on a narrow screen, only who has spoken
    this.rows = [];
    this.waiting = new Map();
    this.chartName = "";
    this.lastAt = null;
    this.lead = null;
    this.queue = [];
    this.drawing = false;
    for (const id of ["heads", "lives", "chart", "scroll", "empty", "newest"]) this[id] = document.getElementById(id);
    this.narrow.addEventListener("change", () => this.place());
    this.newest.addEventListener("click", () => this.toEnd());
    this.scroll.addEventListener("scroll", () => { if (this.atEnd()) this.newest.hidden = true; }, { passive: true });
    this.place();
  }

  // Many at once (somebody drives a load): one pass a frame.
  add(arrow) {
    this.queue.push(arrow);
    if (this.drawing) return;
    this.drawing = true;
    const draw = () => { this.drawing = false; this.drawAll(); };
    document.hidden ? setTimeout(draw, 200) : requestAnimationFrame(draw);
  }

  drawAll() {
    const stays = this.atEnd();
    const queue = this.queue.splice(0).slice(-MAX_ROWS);
    let moved = false;
    for (const arrow of queue) {
      for (const party of [arrow.from, arrow.to]) {
        if (!this.lines.includes(party)) { this.lines.unshift(party); moved = true; }
        if (!this.seen.has(party)) { this.seen.add(party); moved = true; }
      }
      this.draw(arrow);
    }
    while (this.rows.length > MAX_ROWS) this.rows.shift().element.remove();
    if (moved) this.place();
    this.empty.hidden = this.rows.length > 0;
    if (stays) this.toEnd(); else this.newest.hidden = false;
  }

  clear() {
    for (const row of this.rows) row.element.remove();
    for (const each of this.waiting.values()) clearTimeout(each.timer);
    this.waiting.clear();
    this.rows = [];
    this.seen.clear();
    this.chartName = "";
    this.empty.hidden = false;
    this.newest.hidden = true;
    this.lines = [...this.about.lifelines];
    this.place();
  }

  shown() {
    return this.narrow.matches && this.seen.size ? this.lines.filter((line) => this.seen.has(line)) : this.lines;
  }

  at(party) {
    const shown = this.shown();
    if (shown.length < 3) return ((shown.indexOf(party) + 0.5) / shown.length) * 100;
    const edge = this.narrow.matches ? 8 : 4; // half a head
    return edge + (shown.indexOf(party) * (100 - 2 * edge)) / (shown.length - 1);
  }

  place() {
    this.heads.replaceChildren(...this.shown().map((party) => {
      const head = element("span", party, HUBS.has(party) ? "hub" : "");
      head.style.left = this.at(party) + "%";
      head.title = (this.about.parties[party] || []).map((each) => `${each.name} (${each.appId})`).join(", ");
      return head;
    }));
    this.lives.replaceChildren(...this.shown().map((party) => {
      const life = element("i", "", HUBS.has(party) ? "hub" : "");
      life.style.left = this.at(party) + "%";
      return life;
    }));
    for (const row of this.rows) if (row.arrow) this.aim(row);
  }

  draw(arrow) {
    const asks = arrow.kind === "req";
    this.breakBefore(arrow);
    if (asks && arrow.chart && arrow.chart !== this.chartName) {
      this.chartName = arrow.chart;
      const head = element("p", "", "head-row");
      head.append(element("b", this.about.charts[arrow.chart] || arrow.chart));
      if (arrow.chart !== "I") head.append(element("small", `chart ${arrow.chart}`));
      this.put(head, null);
    }
    const row = element("button", "", "arrow " + (asks ? "ask" : "answer"));
    row.type = "button";
    const say = element("span", "", "say");
    say.append(element("em", arrow.number), element("span", arrow.words));
    const lane = element("span", "", "lane");
    const label = element("span", "", "label");
    label.append(arrow.message);
    if (arrow.code) label.append(" ", element("b", arrow.code));
    const time = asks ? "" : took(arrow.ms);
    if (time) label.append(" ", element("i", time));
    const fault = !asks && arrow.fault && !arrow.fault.startsWith("code:") ? " " + arrow.fault.replaceAll("_", " ") : "";
    if (fault) label.append(fault);
    lane.append(element("span", "", "shaft"), label);
    row.append(say, lane);
    row.setAttribute("aria-label", `${arrow.message} ${asks ? "request" : "answer " + arrow.code}, ${arrow.from} to ${arrow.to}`);
    if (NOTICES.has(arrow.message)) row.classList.add("notice");
    if (!asks) row.classList.add(tone(arrow));
    row.addEventListener("click", () => this.show(arrow));
    const kept = this.put(row, arrow);
    kept.chars = arrow.message.length + (arrow.code ? 3 : 0) + (time ? time.length + 1 : 0) + fault.length;
    this.aim(kept);
    this.answered(kept);
  }

  // A request waits for its answer; one that gets none in time says so.
  answered(row) {
    const { arrow } = row;
    const key = [arrow.message, arrow.msgId, ...[arrow.from, arrow.to].sort()].join(" ");
    if (arrow.kind !== "req") {
      const asked = this.waiting.get(key);
      if (asked) {
        clearTimeout(asked.timer);
        asked.row.element.querySelector(".none")?.remove();
        this.waiting.delete(key);
      }
      return;
    }
    clearTimeout(this.waiting.get(key)?.timer);
    const timer = setTimeout(() => {
      this.waiting.delete(key);
      row.element.classList.add("bad", "silent");
      row.element.querySelector(".label").append(element("i", " no answer", "none"));
      row.chars += 10;
      this.aim(row);
    }, NO_ANSWER_MS);
    this.waiting.set(key, { row, timer });
  }

  // Business time that runs ahead of the clock on the wall was moved.
  breakBefore(arrow) {
    const lead = arrow.at - Date.now() / 1000;
    if (this.lead !== null && lead - this.lead > 5) this.put(element("p", later(lead - this.lead), "later"), null);
    if (this.lead === null || lead > this.lead) this.lead = lead;
  }

  aim(row) {
    const { arrow, element: target } = row;
    const from = this.at(arrow.from), to = this.at(arrow.to);
    const shaft = target.querySelector(".shaft"), label = target.querySelector(".label");
    shaft.style.left = Math.min(from, to) + "%";
    shaft.style.width = Math.abs(to - from) + "%";
    label.style.setProperty("--middle", (from + to) / 2 + "%");
    label.style.setProperty("--chars", row.chars);
    target.classList.toggle("right", to > from);
    target.classList.toggle("left", to < from);
  }

  put(made, arrow) {
    this.chart.append(made);
    const row = { element: made, arrow };
    this.rows.push(row);
    return row;
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60;
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.newest.hidden = true;
  }
}

function element(name, text, css) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (css) made.className = css;
  return made;
}

function tone(arrow) {
  if (!arrow.code || (arrow.fault && !arrow.fault.startsWith("code:"))) return "bad";
  return arrow.code === "00" ? "good" : "warn";
}

function took(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(1) + " s";
  return ms >= 10 ? Math.round(ms) + " ms" : ms >= 0.1 ? ms.toFixed(1) + " ms" : "";
}

function later(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return Math.round(seconds) + " seconds later";
  return minutes === 1 ? "a minute later" : minutes + " minutes later";
}
