// An event as a row of a table, and what it was decided from.
const percent = p => p > 0 && p < .005 ? "<1 %" : Math.round(p * 100) + " %";
const decibel = db => (db < 0 ? "−" : "") + Math.abs(Math.round(db)) + " dBFS";
const seconds = s => s < 100 ? s.toLocaleString(locale(), {maximumFractionDigits: 1}) + " s" : s < 6000 ? Math.round(s / 60) + " min" : Math.round(s / 3600) + " h";

const highest = .995; // of the thresholds that Tune shows

function moment(when) {
  const day = when.toDateString() === new Date().toDateString() ? "" : when.toLocaleDateString(locale(), {day: "numeric", month: "short"}) + " ";
  return day + when.toLocaleTimeString(locale());
}

// An event is as the API tells it: {onset, end, title, peak, score, on, off, first, second, runners, level_dbfs, clip, …}.
class Row {
  constructor(event, where) {
    this.tr = el("tr");
    this.detail = el("tr", "detail");
    this.detail.hidden = true;
    this.cell = el("td");
    this.cell.colSpan = 6;
    this.detail.append(this.cell);
    this.when = el("td"); this.what = el("td"); this.score = el("td"); this.lasted = el("td", "open");
    const ask = el("td");
    this.button = el("button", "small", t("why"));
    this.button.setAttribute("aria-expanded", "false");
    this.button.onclick = () => this.toggle();
    ask.append(this.button);
    this.tr.append(this.when, el("td", "where", where), this.what, this.score, this.lasted, ask);
    this.show(event);
  }
  toggle() {
    this.detail.hidden = !this.detail.hidden;
    this.button.setAttribute("aria-expanded", String(!this.detail.hidden));
    if (this.detail.hidden) return;
    this.explain();
    if (trusted && !this.event.id) this.identify().then(() => this.show(this.event), () => {}); // what was said of it
  }
  show(e) {
    this.event = e;
    const onset = new Date(e.onset);
    this.when.textContent = moment(onset);
    this.when.title = onset.toLocaleString(locale());
    const notes = [e.muted && t("muted"), e.actual ? t("itwas") + " " + e.actual : e.verdict && t(e.verdict)].filter(Boolean);
    this.what.textContent = e.title + (notes.length ? " (" + notes.join(", ") + ")" : "");
    this.button.setAttribute("aria-label", t("why") + ": " + e.title + ", " + moment(onset));
    this.score.textContent = percent(Math.max(e.peak, e.score));
    this.lasted.className = e.end ? "" : "open";
    this.lasted.textContent = !e.end ? t("now") : e.cut ? "…" : seconds((new Date(e.end) - onset) / 1000);
    if (!this.detail.hidden) this.explain();
  }
  explain() {
    const e = this.event, list = el("dl", "why");
    const fact = (name, ...nodes) => { const dd = el("dd"); dd.append(...nodes); list.append(el("dt", "", name), dd); };
    if (this.picture) fact(t("spectrogram"), this.picture);
    else if (e.clip) fact(t("spectrogram"), this.picture = clipPicture(e));
    if (e.on) fact(t("began"), `${percent(e.score)}, ${percent(e.score - e.on)} ${t("above")} ${percent(e.on)}; ${t("strongest")} ${percent(e.peak)}`);
    fact(t("lasted"), !e.end ? t("still") : e.cut ? t("cut") : seconds((new Date(e.end) - new Date(e.onset)) / 1000));
    if (e.runners && e.runners.length) fact(t("next"), e.runners.map(r => `${r.title} ${percent(r.score)}`).join(", "));
    if (e.first !== undefined) fact(t("opinions"), `${percent(e.first)}, ${percent(e.second)}`);
    if (e.level_dbfs) fact(t("level"), decibel(e.level_dbfs));
    if (e.clip) {
      const listen = el("audio");
      listen.controls = true; listen.preload = "none";
      listen.src = "clips/" + encodeURIComponent(e.clip);
      listen.setAttribute("aria-label", t("clip") + ": " + e.title);
      fact(t("clip"), listen);
    }
    if (trusted) {
      if (!e.group) fact(t("judge"), this.judging());
      const mute = this.muting();
      if (mute) fact(t("mutehead"), mute);
    }
    const held = this.cell.contains(document.activeElement) && document.activeElement.dataset.key;
    this.cell.replaceChildren(list);
    if (held) this.cell.querySelector(`[data-key="${held}"]`)?.focus();
  }
  // judging are the buttons by which a person says whether it was right.
  judging() {
    const e = this.event, box = el("div", "filters judge"), said = el("span", "facts");
    said.setAttribute("role", "status");
    if (this.said) said.textContent = this.said;
    const say = async (verdict, actual) => {
      said.textContent = t("working");
      try {
        await this.identify();
        await post("feedback", {event: this.event.id, verdict, actual});
        Object.assign(this.event, {verdict, actual: actual || ""});
        this.said = t(verdict === "" ? "unsaid" : verdict === "wrong" && !this.event.clip ? "saidnoclip" : "said");
      } catch (error) { this.said = error.message; }
      this.explain(); this.show(this.event);
    };
    for (const verdict of ["right", "wrong"]) {
      const b = el("button", "", t(verdict));
      const is = e.verdict === verdict && !e.actual;
      b.dataset.key = verdict;
      b.setAttribute("aria-pressed", String(is));
      b.onclick = () => say(is ? "" : verdict);
      box.append(b);
    }
    const label = el("label"), name = el("input"), ok = el("button", "", t("itis"));
    name.setAttribute("list", "labels"); name.maxLength = 64; name.value = e.actual || "";
    name.dataset.key = "actual"; ok.dataset.key = "itis";
    label.append(el("span", "", t("itwas")), name);
    ok.setAttribute("aria-pressed", String(Boolean(e.actual)));
    ok.onclick = () => { if (name.value.trim()) say("wrong", name.value.trim()); else name.focus(); };
    name.onkeydown = key => { if (key.key === "Enter") ok.click(); };
    name.onfocus = knowLabels;
    box.append(label, ok, said);
    const silent = (Math.floor(1000 * Math.max(e.peak, e.score)) + 1) / 1000; // scores and thresholds are thousandths
    if (e.verdict === "wrong" && silent <= highest) {
      const look = el("button", "", t("silent").replace("…", percent3(silent)));
      look.dataset.key = "silent";
      look.onclick = () => tuneTo(e.label, silent);
      box.append(look);
    }
    return box;
  }
  // muting is the button that mutes this sound here, or hears of it again; null where it is not watched.
  muting() {
    const chip = sources.get(this.event.source)?.chips.get(this.event.label);
    if (!chip) return null;
    const b = el("button", "", t(chip.muted ? "unmute" : "mute"));
    b.dataset.key = "mute";
    b.onclick = async () => {
      try {
        await post("mute", {source: this.event.source, label: this.event.label, on: !chip.muted});
        chip.muted = !chip.muted;
        this.explain();
      } catch (error) { b.after(el("span", "facts", " " + error.message)); }
    };
    return b;
  }
  // identify finds the number of an event that came by the stream, under which the history has it.
  async identify() {
    const e = this.event;
    if (e.id) return;
    const at = new Date(e.onset).getTime(), iso = ms => new Date(ms).toISOString();
    const found = await ask("events", {source: e.source, label: e.label, since: iso(at), until: iso(at + 1), limit: 1});
    if (!found || !found.events.length) throw new Error(t("off"));
    const {id, verdict, actual} = found.events[0];
    Object.assign(e, {id, verdict, actual});
  }
}

// clipPicture is the spectrogram of a clip's beginning, with a line where the sound began.
function clipPicture(e) {
  const box = el("div", "picture");
  fetch("clips/" + encodeURIComponent(e.clip) + "/spectrogram").then(answer => answer.ok ? answer.json() : null).then(p => {
    if (p) drawPicture(box, bytes(p.columns), p.rate, p.onset, e.title); else box.textContent = t("noclip");
  }, () => { box.textContent = t("noclip"); });
  return box;
}

// drawPicture draws columns of BANDS bytes, the onset so many seconds behind the first.
function drawPicture(box, columns, rate, onset, title) {
  const n = columns.length / BANDS, canvas = el("canvas"), line = el("i"), times = el("div", "times");
  canvas.width = n; canvas.height = BANDS;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${t("spectrogram")}: ${title}`);
  const context = canvas.getContext("2d"), image = context.createImageData(n, BANDS), sorted = columns.toSorted();
  const low = sorted[Math.floor(sorted.length * .1)], gain = 255 / Math.max(60, sorted[Math.floor(sorted.length * .999)] - low);
  for (let i = 0; i < n; i++) for (let b = 0; b < BANDS; b++) dye(image.data, ((BANDS - 1 - b) * n + i) * 4, (columns[i * BANDS + b] - low) * gain);
  context.putImageData(image, 0, 0);
  line.style.left = 100 * onset * rate / n + "%";
  line.title = t("onset");
  const frame = el("div", "frame");
  frame.append(canvas, line);
  times.append(el("span", "", "−" + seconds(onset)), el("span", "", "+" + seconds(n / rate - onset)));
  box.replaceChildren(frame, times);
}
const bytes = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0));

// post asks for a change; an error says why it was not made.
async function post(path, body) {
  const answer = await fetch("api/v1/" + path, {method: "POST", headers: {"Content-Type": "application/json"}, body: body && JSON.stringify(body)});
  const told = await answer.json().catch(() => ({error: answer.statusText}));
  if (!answer.ok) throw new Error(told.error);
  return told;
}

// knowLabels fills the list of names that a field offers.
async function knowLabels() {
  const list = $("labels");
  if (list.children.length) return;
  const all = await ask("labels", {}).catch(() => null);
  if (all) list.replaceChildren(...all.labels.filter(l => !l.group).map(l => { const o = el("option", "", l.title); o.value = l.label; return o; }));
}

// ask asks the API; null where there is no history.
async function ask(path, parameters) {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== "" && value !== undefined) q.set(name, value);
  const answer = await fetch("api/v1/" + path + "?" + q);
  if (answer.status === 404) return null;
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

// choices fills a select and keeps what was chosen.
function choices(select, list) {
  const before = select.value;
  select.replaceChildren(...list.map(([value, text]) => { const o = el("option", "", text); o.value = value; return o; }));
  if (list.some(([value]) => value === before)) select.value = before;
}
