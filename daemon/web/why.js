// An event as a row of a table, and what it was decided from.
const percent = p => p > 0 && p < .005 ? "<1 %" : Math.round(p * 100) + " %";
const decibel = db => (db < 0 ? "−" : "") + Math.abs(Math.round(db)) + " dBFS";
const seconds = s => s < 100 ? s.toLocaleString(locale(), {maximumFractionDigits: 1}) + " s" : s < 6000 ? Math.round(s / 60) + " min" : Math.round(s / 3600) + " h";

function moment(when) {
  const day = when.toDateString() === new Date().toDateString() ? "" : when.toLocaleDateString(locale(), {day: "numeric", month: "short"}) + " ";
  return day + when.toLocaleTimeString(locale());
}

// An event is as the API tells it: {onset, end, title, peak, score, on, off, first, second, runners, level_dbfs, clip, …}.
let rows = 0;
class Row {
  constructor(event, where) {
    this.tr = el("tr");
    this.detail = el("tr", "detail");
    this.detail.hidden = true;
    this.cell = el("td");
    this.cell.colSpan = 6;
    this.detail.append(this.cell);
    this.detail.id = "why" + rows++;
    this.when = el("td"); this.what = el("td"); this.score = el("td"); this.lasted = el("td", "open");
    const ask = el("td");
    this.button = el("button", "small", t("why"));
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", this.detail.id);
    this.button.onclick = () => this.toggle();
    ask.append(this.button);
    this.tr.append(this.when, el("td", "where", where), this.what, this.score, this.lasted, ask);
    this.show(event);
  }
  toggle() {
    this.detail.hidden = !this.detail.hidden;
    this.button.setAttribute("aria-expanded", String(!this.detail.hidden));
    if (!this.detail.hidden) this.explain();
  }
  show(e) {
    this.event = e;
    const onset = new Date(e.onset);
    this.when.textContent = moment(onset);
    this.when.title = onset.toLocaleString(locale());
    this.what.textContent = e.title + (e.muted ? " (" + t("muted") + ")" : "");
    this.button.setAttribute("aria-label", t("why") + ": " + e.title + ", " + moment(onset));
    this.score.textContent = percent(Math.max(e.peak, e.score));
    this.lasted.className = e.end ? "" : "open";
    this.lasted.textContent = !e.end ? t("now") : e.cut ? "…" : seconds((new Date(e.end) - onset) / 1000);
    if (!this.detail.hidden) this.explain();
  }
  explain() {
    const e = this.event, list = el("dl", "why");
    const fact = (name, text) => list.append(el("dt", "", name), el("dd", "", text));
    if (e.on) fact(t("began"), `${percent(e.score)}, ${percent(e.score - e.on)} ${t("above")} ${percent(e.on)}; ${t("strongest")} ${percent(e.peak)}`);
    fact(t("lasted"), !e.end ? t("still") : e.cut ? t("cut") : seconds((new Date(e.end) - new Date(e.onset)) / 1000));
    if (e.runners && e.runners.length) fact(t("next"), e.runners.map(r => `${r.title} ${percent(r.score)}`).join(", "));
    if (e.first !== undefined) fact(t("opinions"), `${percent(e.first)}, ${percent(e.second)}`);
    if (e.level_dbfs) fact(t("level"), decibel(e.level_dbfs));
    if (e.clip) {
      const listen = el("audio"), dd = el("dd");
      listen.controls = true; listen.preload = "none";
      listen.src = "clips/" + encodeURIComponent(e.clip);
      listen.setAttribute("aria-label", t("clip") + ": " + e.title);
      dd.append(listen);
      list.append(el("dt", "", t("clip")), dd);
    }
    this.cell.replaceChildren(list);
  }
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
