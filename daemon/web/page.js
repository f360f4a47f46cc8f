function pill(e, kind, text) { e.className = "pill " + kind; e.textContent = text; e.hidden = false; }

// Source is one microphone's card.
class Source {
  constructor(info) {
    this.chips = new Map();
    this.thresholds = new Map();
    this.strip = new Strip();
    this.build(info);
    this.update(info);
  }
  build(info) {
    this.card = el("section", "card");
    const head = el("div", "head"), plot = el("div", "plot"), columns = el("div", "columns"), left = el("div"), right = el("div");
    this.title = el("h2", "", info.title);
    this.phase = el("span", "pill");
    this.facts = el("span", "facts");
    head.append(this.title, this.phase, el("span", "grow"), this.facts);
    const times = el("div", "times");
    times.append(el("span", "", t("ago10")), el("span", "", "5 s"), el("span", "", t("now")));
    this.meter = el("div", "level");
    this.meter.setAttribute("role", "meter");
    this.meter.setAttribute("aria-label", t("level"));
    this.meter.setAttribute("aria-valuemin", -90);
    this.meter.setAttribute("aria-valuemax", 0);
    this.rms = el("i"); this.peak = el("b");
    this.meter.append(this.rms, this.peak);
    plot.append(frequencies(), this.strip.box, times, this.meter);
    const scores = el("ul");
    this.scores = [];
    for (let i = 0; i < 6; i++) {
      const row = el("li", "score low"), name = el("span", "name", "–"), track = el("span", "track"), bar = el("i"), mark = el("b"), value = el("span", "value");
      mark.hidden = true;
      track.append(bar, mark); row.append(name, track, value); scores.append(row);
      this.scores.push({row, name, bar, mark, value});
    }
    left.append(el("h3", "", t("likely")), scores);
    this.watched = el("ul", "chips");
    this.note = el("p", "note");
    right.append(el("h3", "", t("watched")), this.watched, this.note);
    columns.append(left, right);
    this.card.append(head, plot, columns);
    $("sources").append(this.card);
  }
  update(info) {
    const good = info.phase === "online", starts = info.phase === "starting", over = info.phase === "ended";
    this.title.textContent = info.title;
    pill(this.phase, good ? "good" : starts || over ? "" : "bad", good ? t("listening") : info.phase);
    const facts = [decibel(info.level_dbfs)];
    if (info.windows) facts.push(t("latency") + " " + info.latency_p50_ms.toFixed(0) + " ms");
    if (info.windows_dropped) facts.push(info.windows_dropped + " windows dropped");
    this.facts.textContent = good ? facts.join(" · ") : "";
    this.note.textContent = info.problem ? info.detail || info.problem : "";
    const veil = info.silent ? t("nosound") : good && info.windows ? "" : good || starts ? t("waitsound") : info.why || info.phase;
    if (this.strip.veil.textContent !== veil) this.strip.veil.textContent = veil;
    this.strip.veil.hidden = !veil;
    if (!good) { this.top([]); this.level({rms: -90, peak: -90}); }
    this.labels(info.labels || []);
  }
  labels(list) {
    const seen = new Set();
    for (const l of list) {
      seen.add(l.id);
      let chip = this.chips.get(l.id);
      if (!chip) {
        chip = {e: el("li", "chip"), name: el("span"), state: el("span", "unseen")};
        chip.e.append(chip.name, chip.state);
        this.chips.set(l.id, chip);
        this.watched.append(chip.e);
      }
      if (l.threshold) this.thresholds.set(l.id, l.threshold);
      chip.group = l.group; chip.muted = l.muted;
      chip.name.textContent = l.title;
      this.light(l.id, l.on);
    }
    for (const [id, chip] of this.chips) if (!seen.has(id)) { chip.e.remove(); this.chips.delete(id); }
  }
  light(id, on) {
    const chip = this.chips.get(id);
    if (!chip) return;
    chip.e.className = "chip" + (chip.group ? " group" : "") + (on ? " on" : "") + (chip.muted ? " muted" : "");
    chip.e.title = chip.muted ? t("muted") : "";
    chip.state.textContent = (on ? ", " + t("on") : "") + (chip.muted ? ", " + t("muted") : "");
  }
  level(m) {
    const width = db => Math.max(0, Math.min(100, (db + 90) / 90 * 100));
    this.rms.style.transform = `translateX(${width(m.rms) - 100}%)`;
    this.peak.style.left = width(m.peak) + "%";
    this.meter.setAttribute("aria-valuenow", Math.round(m.rms));
    this.meter.title = decibel(m.rms) + ", peak " + decibel(m.peak);
  }
  top(list) {
    this.scores.forEach((row, i) => {
      const s = list[i];
      row.row.classList.toggle("low", !s || s.score < .01);
      row.name.textContent = s ? s.title : "–";
      row.name.title = s ? s.label : "";
      row.bar.style.width = (s ? s.score * 100 : 0) + "%";
      const threshold = s && this.thresholds.get(s.label);
      row.mark.hidden = !threshold;
      if (threshold) { row.mark.style.left = threshold * 100 + "%"; row.mark.title = t("threshold") + " " + percent(threshold); }
      row.row.classList.toggle("over", Boolean(threshold && s.score >= threshold));
      row.value.textContent = s ? percent(s.score) : "";
    });
  }
  heard(m) {
    const chip = this.chips.get(m.label);
    if (!chip || !chip.group) this.strip.mark(m); // a group's member is marked already
    this.light(m.label, m.on);
  }
}

const sources = new Map();

let before = performance.now();
function frame(now) {
  const seconds = Math.min((now - before) / 1000, .5);
  before = now;
  for (const s of sources.values()) s.strip.draw(seconds);
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

let trusted = false; // who looks may change something, and hear sound
function status(m) {
  setLanguage(m.language);
  if (trusted !== m.sound) { trusted = m.sound; setTimeout(showTeach); }
  $("name").textContent = m.name || m.node;
  document.title = "earshot – " + (m.name || m.node);
  const b = m.broker;
  pill($("broker"), b.connected ? "good" : "bad", (b.embedded ? "embedded broker " : "broker ") + b.address.replace(/^tcp:\/\//, "") + (b.connected ? "" : ": " + (b.reason || "not connected")));
  $("engine").textContent = `${m.version} · ${m.model} · second opinion ${m.second_opinion} · ONNX Runtime ${m.onnxruntime}, ${m.provider}`;
  const seen = new Set();
  for (const info of m.sources || []) {
    seen.add(info.name);
    info.silent = !m.sound;
    const known = sources.get(info.name);
    if (known) known.update(info); else sources.set(info.name, new Source(info));
  }
  for (const [name, s] of sources) if (!seen.has(name)) { s.card.remove(); sources.delete(name); }
  showAlarm(m.alarm);
  $("waiting").hidden = seen.size > 0;
  document.body.classList.toggle("single", seen.size < 2);
}

// The table of events; open holds the rows of what is still on.
const open = new Map(), table = $("log").parentElement;
function heard(m) {
  $("nothing").hidden = true; table.hidden = false;
  const key = m.source + "/" + m.label, source = sources.get(m.source);
  const event = {...m, on: m.score_on, off: m.score_off};
  let row = open.get(key);
  if (!row || (m.on && row.event.onset !== m.onset)) {
    row = new Row(event, source ? source.title.textContent : m.source);
    $("log").prepend(row.tr, row.detail);
    while ($("log").children.length > 100) $("log").lastChild.remove();
    open.set(key, row);
    // Without a clip, the picture of its onset is what the strip shows soon after.
    if (source && !m.clip) setTimeout((row, at) => {
      row.picture = source.strip.around(at, m.title);
      if (row.picture && !row.detail.hidden) row.explain();
    }, 2500, row, Date.parse(m.onset));
  } else row.show({...row.event, ...event, score: row.event.score, runners: row.event.runners});
  if (!m.on) open.delete(key);
  if (source) source.heard(m);
}
function forget() {
  $("log").replaceChildren(); open.clear();
  for (const s of sources.values()) s.strip.unmark();
  table.hidden = true; $("nothing").hidden = false;
}

// The stream. A browser tries again by itself unless it was refused, or the line died without a word (a laptop
// that slept): then it is opened anew. The server says everything again that a page needs.
const SILENCE = 10000; // ms; a status comes every two seconds
let stream, last;
function connect() {
  last = Date.now();
  stream = new EventSource("events");
  stream.onopen = () => { pill($("page"), "good", t("live")); document.body.classList.remove("stale"); forget(); };
  stream.onerror = () => { pill($("page"), "bad", t("again")); $("broker").hidden = true; document.body.classList.add("stale"); };
  stream.onmessage = e => {
    last = Date.now();
    const m = JSON.parse(e.data), s = sources.get(m.source);
    switch (m.type) {
      case "status": status(m); break;
      case "event": heard(m); break;
      case "level": if (s) s.level(m); teachLevel(m); break;
      case "scores": if (s) s.top(m.top || []); break;
      case "spectrum": if (s) s.strip.add(m); break;
    }
  };
}
setInterval(() => {
  if (Date.now() - last < SILENCE) return;
  stream.onerror(); stream.close();
  connect();
}, 2000);
connect();

// Views: each has an address of its own, so that the browser's own keys and bookmarks work.
function view() {
  const name = ["live", "history", "tune", "teach"].includes(location.hash.slice(1)) ? location.hash.slice(1) : "live";
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== name;
  for (const a of document.querySelectorAll(".tabs a")) {
    if (a.hash === "#" + name) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  }
  scrollTo(0, 0);
  if (name === "history") showPast();
  if (name === "tune") showTune(true);
  if (name === "teach") showTeach();
}
addEventListener("hashchange", view);
setLanguage("");
told.push(view);
view();
