// Tune: for a label, how often it would have been heard with each threshold.
const tuning = {asked: 0, curve: null, chosen: 0, wanted: null};

async function showTune(anew) {
  const asked = ++tuning.asked, label = $("t-label");
  try {
    const labels = await ask("labels", {since: since(30)});
    if (asked !== tuning.asked) return;
    $("t-none").hidden = labels !== null;
    $("t-none").textContent = t("off");
    $("t-body").hidden = labels === null;
    if (labels === null) return;
    const list = labels.labels.filter(l => !l.group).toSorted((a, b) => b.watched - a.watched || b.count - a.count || a.title.localeCompare(b.title));
    choices(label, list.map(l => [l.label, l.title]));
    const wanted = list.some(l => l.label === tuning.wanted?.label) ? tuning.wanted : null;
    if (wanted) label.value = wanted.label;
    choices($("t-source"), [["", t("everywhere")], ...labels.sources.map(s => [s, sources.get(s) ? sources.get(s).title.textContent : s])]);
    $("t-source").parentElement.hidden = labels.sources.length < 2;
    $("t-state").textContent = t("working");
    $("t-apply").disabled = true;
    const q = {label: label.value, source: $("t-source").value, since: since(+$("t-span").value)};
    if (!anew) for (const name of ["min_on", "hold", "cooldown"]) if ($("t-" + name).value !== "") q[name] = $("t-" + name).value + "s";
    const curve = await ask("tune", q);
    if (asked !== tuning.asked) return;
    tuning.curve = curve;
    $("t-apply").disabled = !curve.watched || !curve.hours;
    $("t-state").textContent = curve.hours ? curve.hours.toLocaleString(locale(), {maximumFractionDigits: 1}) + " " + t("ofsound") : t("noscores");
    $("t-note").textContent = curve.watched ? "" : t("unwatched");
    for (const name of ["min_on", "hold", "cooldown"]) $("t-" + name).value = curve.now[name];
    tuning.chosen = curve.points.reduce((best, p, i) => Math.abs(p.on - curve.now.on) < Math.abs(curve.points[best].on - curve.now.on) ? i : best, 0);
    if (wanted) {
      const at = curve.points.findIndex(p => p.on >= wanted.on);
      tuning.chosen = at < 0 ? curve.points.length - 1 : at;
      tuning.wanted = null;
    }
    $("t-on").max = curve.points.length - 1;
    $("t-on").value = tuning.chosen;
    drawCurve();
  } catch (e) {
    $("t-state").textContent = e.message;
  }
}

// tuneTo shows a label with the lowest threshold from on upwards.
function tuneTo(label, on) {
  tuning.wanted = {label, on};
  location.hash = "#tune";
}

const svg = (tag, attributes, text) => {
  const e = document.createElementNS($("t-curve").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  if (text !== undefined) e.textContent = text;
  return e;
};
const few = n => n.toLocaleString(locale(), {maximumSignificantDigits: n < 100 ? 2 : 3});

// Events are told a day where a day or more was heard, else as what they were in the time that is kept.
const daily = curve => curve.hours >= 24, often = (curve, p) => daily(curve) ? p.per_day : p.events;

// The curve, on a scale on which one and a hundred a day can both be seen: the root of the figure.
function drawCurve() {
  const {curve, chosen} = tuning, W = 720, H = 260, left = 46, bottom = 28, top = 12;
  const most = Math.max(1, ...curve.points.map(p => often(curve, p))), y = n => top + (H - top - bottom) * (1 - Math.sqrt(n / most)), x = on => left + (W - left - 24) * on;
  const plot = $("t-curve");
  plot.replaceChildren();
  plot.setAttribute("viewBox", `0 0 ${W} ${H}`);
  for (const part of [0, .1, .4, 1]) {
    const n = most * part;
    plot.append(svg("line", {x1: left, x2: W - 24, y1: y(n), y2: y(n), class: "grid"}), svg("text", {x: left - 6, y: y(n) + 4, "text-anchor": "end"}, few(n)));
  }
  for (const on of [0, .25, .5, .75, 1]) plot.append(svg("text", {x: x(on), y: H - 8, "text-anchor": "middle"}, percent(on)));
  plot.append(svg("polyline", {points: curve.points.map(p => `${x(p.on)},${y(often(curve, p))}`).join(" "), class: "curve"}));
  plot.append(svg("line", {x1: x(curve.now.on), x2: x(curve.now.on), y1: top, y2: H - bottom, class: "set"}), svg("text", {x: x(curve.now.on) + 5, y: top + 10, class: "set"}, t("setnow")));
  const p = curve.points[chosen];
  $("t-title").textContent = t(daily(curve) ? "perday" : "bythreshold");
  $("t-aday").hidden = !daily(curve);
  plot.append(svg("circle", {cx: x(p.on), cy: y(often(curve, p)), r: 6, class: "chosen"}));
  const says = `${p.about ? "≥ " : ""}${few(often(curve, p))} ${daily(curve) ? t("aday") : t("inkept").replace("…", curve.hours < 1.5 ? seconds(3600 * curve.hours) : few(curve.hours) + " h")} · ${seconds(p.seconds)} ${t("ontime")}`;
  $("t-says").textContent = `${percent3(p.on)}: ${says}`;
  $("t-on").setAttribute("aria-valuetext", `${percent3(p.on)}, ${says}`);
  plot.setAttribute("aria-label", `${$("t-title").textContent}. ${$("t-says").textContent}`);
  const label = $("t-label").value, now = curve.now;
  $("t-yaml").textContent = `- {label: ${label}, on: ${p.on}, off: ${p.off}, min_on: ${now.min_on}s, hold: ${now.hold}s, cooldown: ${now.cooldown}s}`;
  $("t-rows").replaceChildren(...curve.points.map(p => {
    const tr = el("tr", p.on === curve.now.on ? "set" : "");
    for (const text of [percent3(p.on), percent3(p.off), (p.about ? "≥ " : "") + p.events, ...daily(curve) ? [few(p.per_day)] : [], seconds(p.seconds)]) tr.append(el("td", "", text));
    return tr;
  }));
}
const percent3 = p => (100 * p).toLocaleString(locale(), {maximumFractionDigits: 1}) + " %";

// Applying makes the rule count at once: it lies over the configuration, and is undone here too.
async function change(path, body) {
  $("t-done").textContent = t("working");
  try {
    await post("tune/" + path, body);
    $("t-done").textContent = t("applied");
    showTune(true);
  } catch (e) {
    $("t-done").textContent = e.message;
  }
}
$("t-apply").onclick = () => {
  const p = tuning.curve.points[tuning.chosen], now = tuning.curve.now;
  change("apply", {label: tuning.curve.label, on: p.on, off: p.off, min_on: now.min_on, hold: now.hold, cooldown: now.cooldown});
};
$("t-undo").onclick = () => change("undo");

$("t-on").oninput = () => { tuning.chosen = +$("t-on").value; drawCurve(); };
for (const id of ["t-label", "t-source"]) $(id).onchange = () => showTune(true);
for (const id of ["t-span", "t-min_on", "t-hold", "t-cooldown"]) $(id).onchange = () => showTune(false);
