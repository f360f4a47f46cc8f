const $ = id => document.getElementById(id);
function pill(e, kind, text) { e.className = "pill " + kind; e.textContent = text; e.hidden = false; }
const percent = p => p > 0 && p < .005 ? "<1 %" : Math.round(p * 100) + " %";
const decibel = db => (db < 0 ? "−" : "") + Math.abs(Math.round(db)) + " dBFS";

// Source is one microphone's card.
class Source {
  constructor(info) {
    this.chips = new Map();
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
    times.append(el("span", "", "10 s ago"), el("span", "", "5 s"), el("span", "", "now"));
    this.meter = el("div", "level");
    this.meter.setAttribute("role", "meter");
    this.meter.setAttribute("aria-label", "Level");
    this.meter.setAttribute("aria-valuemin", -90);
    this.meter.setAttribute("aria-valuemax", 0);
    this.rms = el("i"); this.peak = el("b");
    this.meter.append(this.rms, this.peak);
    plot.append(frequencies(), this.strip.box, times, this.meter);
    const scores = el("ul");
    this.scores = [];
    for (let i = 0; i < 6; i++) {
      const row = el("li", "score low"), name = el("span", "name", "–"), track = el("span", "track"), bar = el("i"), value = el("span", "value");
      track.append(bar); row.append(name, track, value); scores.append(row);
      this.scores.push({row, name, bar, value});
    }
    left.append(el("h3", "", "Most likely now"), scores);
    this.watched = el("ul", "chips");
    this.note = el("p", "note");
    right.append(el("h3", "", "Watched for"), this.watched, this.note);
    columns.append(left, right);
    this.card.append(head, plot, columns);
    $("sources").append(this.card);
  }
  update(info) {
    const good = info.phase === "online", starts = info.phase === "starting", over = info.phase === "ended";
    this.title.textContent = info.title;
    pill(this.phase, good ? "good" : starts || over ? "" : "bad", good ? "listening" : info.phase);
    const facts = [decibel(info.level_dbfs)];
    if (info.windows) facts.push("latency " + info.latency_p50_ms.toFixed(0) + " ms");
    if (info.windows_dropped) facts.push(info.windows_dropped + " windows dropped");
    this.facts.textContent = good ? facts.join(" · ") : "";
    this.note.textContent = info.problem ? info.detail || info.problem : "";
    const veil = info.silent ? "Sound is not shown to the network without a password" : good && info.windows ? "" : good || starts ? "Waiting for sound …" : info.why || info.phase;
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
    chip.e.title = chip.muted ? "muted" : chip.group ? "group" : "";
    chip.state.textContent = (on ? ", heard now" : "") + (chip.muted ? ", muted" : "");
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

function status(m) {
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
  $("waiting").hidden = seen.size > 0;
  document.body.classList.toggle("single", seen.size < 2);
}

// The table of events; open holds the rows of what is still on.
const open = new Map(), table = $("log").parentElement;
function heard(m) {
  $("nothing").hidden = true; table.hidden = false;
  const key = m.source + "/" + m.label, source = sources.get(m.source);
  let row = open.get(key);
  if (!row || (m.on && row.onset !== m.onset)) {
    row = {onset: m.onset, tr: el("tr"), score: el("td"), lasted: el("td", "open", "now"), clip: el("td")};
    const when = new Date(m.onset), time = el("td", "", when.toLocaleTimeString());
    time.title = when.toLocaleString();
    row.tr.append(time, el("td", "where", source ? source.title.textContent : m.source), el("td", "", m.title), row.score, row.lasted, row.clip);
    $("log").prepend(row.tr);
    while ($("log").children.length > 50) $("log").lastChild.remove();
    open.set(key, row);
  }
  row.score.textContent = percent(Math.max(m.peak, m.score));
  if (m.second !== undefined) row.score.title = `network ${m.first.toFixed(2)} · second ${m.second.toFixed(2)}`;
  if (!m.on) {
    row.lasted.className = "";
    row.lasted.textContent = ((new Date(m.end) - new Date(m.onset)) / 1000).toFixed(1) + " s";
    if (m.clip) { const a = el("a", "", "listen"); a.href = "clips/" + encodeURIComponent(m.clip); row.clip.append(a); }
    open.delete(key);
  }
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
  stream.onopen = () => { pill($("page"), "good", "live"); document.body.classList.remove("stale"); forget(); };
  stream.onerror = () => { pill($("page"), "bad", "no connection, trying again"); $("broker").hidden = true; document.body.classList.add("stale"); };
  stream.onmessage = e => {
    last = Date.now();
    const m = JSON.parse(e.data), s = sources.get(m.source);
    switch (m.type) {
      case "status": status(m); break;
      case "event": heard(m); break;
      case "level": if (s) s.level(m); break;
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
