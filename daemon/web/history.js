// History: what was heard, by day and hour, by label, one by one.
const past = {next: "", hour: null, asked: 0};

function pastFilter() {
  const f = {label: $("h-label").value, source: $("h-source").value, q: $("h-search").value.trim()};
  return f;
}
const since = days => new Date(Date.now() - days * 864e5).toISOString();

async function showPast() {
  const asked = ++past.asked, days = +$("h-span").value, f = pastFilter();
  past.hour = null;
  try {
    const [labels, heat] = await Promise.all([
      ask("labels", {source: f.source, since: since(days)}),
      ask("heat", {...f, since: since(days - 1), zone: Intl.DateTimeFormat().resolvedOptions().timeZone}),
    ]);
    if (asked !== past.asked) return;
    $("h-none").hidden = labels !== null;
    $("h-none").textContent = t("off");
    $("h-body").hidden = labels === null;
    if (labels === null) return;
    choices($("h-label"), [["", t("all")], ...labels.labels.filter(l => l.count || l.watched).map(l => [l.label, l.count ? `${l.title} (${l.count})` : l.title])]);
    choices($("h-source"), [["", t("everywhere")], ...labels.sources.map(s => [s, sources.get(s) ? sources.get(s).title.textContent : s])]);
    $("h-source").parentElement.hidden = labels.sources.length < 2;
    showCounts(labels.labels.filter(l => l.count));
    showHeat(heat);
    await showEvents(true);
  } catch (e) {
    $("h-none").hidden = false;
    $("h-none").textContent = e.message;
  }
}

function showCounts(list) {
  const most = Math.max(1, ...list.map(l => l.count));
  $("h-counts").replaceChildren(...list.map(l => {
    const row = el("li"), button = el("button", "score"), track = el("span", "track"), bar = el("i");
    bar.style.width = 100 * l.count / most + "%";
    track.append(bar);
    button.append(el("span", "name", l.title), track, el("span", "value", l.count + " · " + seconds(l.seconds)));
    button.setAttribute("aria-pressed", String(l.label === $("h-label").value));
    button.onclick = () => { $("h-label").value = $("h-label").value === l.label ? "" : l.label; showPast(); };
    row.append(button);
    return row;
  }));
}

// The heat map is a grid: one cell at a time has the focus, arrows go from cell to cell, Enter shows an hour's events.
function showHeat(heat) {
  const most = Math.max(1, ...heat.days.flatMap(d => d.hours)), body = $("heat").tBodies[0];
  const day = d => new Date(d.date + "T12:00:00").toLocaleDateString(locale(), {weekday: "short", day: "numeric", month: "short"});
  body.replaceChildren(...heat.days.toReversed().map(d => {
    const tr = el("tr"), head = el("th", "", day(d));
    head.scope = "row";
    tr.append(head, ...d.hours.map((n, hour) => {
      const td = el("td", n ? "some" : "");
      td.tabIndex = -1;
      td.setAttribute("role", "gridcell");
      td.setAttribute("aria-label", `${day(d)}, ${hour}–${hour + 1}: ${n}`);
      td.title = td.getAttribute("aria-label");
      td.style.setProperty("--heat", n ? .2 + .8 * Math.sqrt(n / most) : 0);
      td.onclick = () => showHour(td, d, hour);
      return td;
    }));
    return tr;
  }));
  const first = body.querySelector("td");
  if (first) first.tabIndex = 0;
  $("h-total").textContent = heat.total.toLocaleString(locale());
}

function moveHeat(e) {
  const td = e.target.closest("td");
  if (!td) return;
  const tr = td.parentElement, i = [...tr.children].indexOf(td);
  const to = {ArrowLeft: td.previousElementSibling, ArrowRight: td.nextElementSibling, ArrowUp: tr.previousElementSibling?.children[i], ArrowDown: tr.nextElementSibling?.children[i],
    Home: tr.children[1], End: tr.lastElementChild}[e.key];
  if (e.key === "Enter" || e.key === " ") { e.preventDefault(); td.click(); }
  if (!to || to.tagName !== "TD") return;
  e.preventDefault();
  td.tabIndex = -1; to.tabIndex = 0;
  to.focus();
}

function showHour(td, d, hour) {
  const chosen = td.getAttribute("aria-selected") === "true";
  for (const c of $("heat").querySelectorAll("[aria-selected]")) c.removeAttribute("aria-selected");
  past.hour = null;
  if (!chosen) {
    td.setAttribute("aria-selected", "true");
    const at = new Date(d.date + "T00:00:00");
    at.setHours(hour);
    past.hour = {since: at.toISOString(), until: new Date(at.getTime() + 36e5).toISOString()};
  }
  showEvents(true);
}

async function showEvents(anew) {
  const f = {...pastFilter(), since: since(+$("h-span").value), ...past.hour};
  const page = await ask("events", {...f, limit: 25, after: anew ? "" : past.next});
  if (anew) $("h-events").replaceChildren();
  for (const e of page.events) {
    const row = new Row(e, sources.get(e.source) ? sources.get(e.source).title.textContent : e.source);
    $("h-events").append(row.tr, row.detail);
  }
  past.next = page.next || "";
  $("h-more").hidden = !past.next;
  $("h-empty").hidden = $("h-events").children.length > 0;
  $("h-events").parentElement.hidden = !$("h-empty").hidden;
  const q = new URLSearchParams(Object.entries(f).filter(([, v]) => v));
  $("h-export").href = "api/v1/events.csv?" + q;
}

for (const id of ["h-label", "h-source", "h-span"]) $(id).onchange = showPast;
let typing;
$("h-search").oninput = () => { clearTimeout(typing); typing = setTimeout(showPast, 300); };
$("h-more").onclick = () => showEvents(false);
$("heat").addEventListener("keydown", moveHeat);
$("heat").tHead.rows[0].append(el("td"), ...Array.from({length: 24}, (_, h) => { const th = el("th", "", h % 6 ? "" : h); th.scope = "col"; th.append(el("span", "unseen", (h % 6 ? h : "") + "–" + (h + 1))); return th; }));
function spans() { choices($("h-span"), [7, 28, 90, 365].map(n => [String(n), n + " " + t("days")])); choices($("t-span"), [2, 7, 14, 30].map(n => [String(n), n + " " + t("days")])); }
spans();
$("h-span").value = "28"; $("t-span").value = "7";
told.push(spans);
