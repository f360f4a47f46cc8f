// Teach: sounds of one's own, recorded from a source that listens anyway, learned, measured, and taken back.
const lessons = {asked: 0, timer: 0, state: null, player: new Audio(), shown: ""};

async function showTeach() {
  clearTimeout(lessons.timer);
  if ($("teach").hidden) return;
  const asked = ++lessons.asked;
  let s = null, why = t("noteach");
  if (trusted) try { s = await ask("teach", {}); } catch (e) { why = e.message; }
  else why = t("locked");
  if (asked !== lessons.asked) return;
  $("l-none").hidden = s !== null; $("l-body").hidden = s === null;
  if (s === null) $("l-none").textContent = why;
  else {
    lessons.state = s;
    choices($("l-source"), [...sources].map(([name, source]) => [name, source.title.textContent]));
    $("l-own").replaceChildren(...s.labels.map(l => { const o = el("option"); o.value = l.label; return o; }));
    showRecording(s);
    showTakes(s);
    showLearning(s.learning, s.labels.some(l => l.takes.length >= s.enough));
    showModels(s.models);
  }
  const busy = s && (s.recording && !s.recording.over || s.learning.phase === "running");
  lessons.timer = setTimeout(showTeach, busy ? 700 : 4000);
}

function showRecording(s) {
  const r = s.recording, on = r && !r.over;
  $("l-start").hidden = on; $("l-stop").hidden = !on;
  for (const id of ["l-label", "l-source", "l-count", "l-room"]) $(id).disabled = on;
  if (!lessons.room) { lessons.room = true; $("l-room").checked = s.room.length === 0; }
  if (on) { $("l-label").value = r.label; $("l-source").value = r.source; }
  if (!r) return say("l-say", "");
  const n = r.note;
  say("l-say", r.over ? r.error ? r.error : `${t("recorded")} ${r.kept} / ${r.count}` :
    n.step === "now" || n.step === "rejected" ? `${n.take} / ${n.of}: ${t("nowplease")}` :
    n.step === "kept" ? `${n.take} / ${n.of}: ${t("keptone")} (${seconds(n.seconds)})` :
    n.step === "room_alone" ? t("roomalone") : t("bequiet"));
  $("l-say").classList.toggle("now", on && (n.step === "now" || n.step === "rejected"));
  const fault = r.fault.fault || (n.step === "heard" || n.step === "now") && n.fault;
  say("l-fault", on && fault ? t("fault_" + fault) : "");
}

// The level of the chosen source, from the stream.
function teachLevel(m) {
  if ($("teach").hidden || m.source !== $("l-source").value) return;
  const meter = $("l-level"), width = db => Math.max(0, Math.min(100, (db + 90) / 90 * 100));
  meter.firstElementChild.style.transform = `translateX(${width(m.rms) - 100}%)`;
  meter.lastElementChild.style.left = width(m.peak) + "%";
  meter.setAttribute("aria-valuenow", Math.round(m.rms));
}

function showTakes(s) {
  $("l-nothing").hidden = s.labels.length + s.not.length + s.room.length > 0;
  $("l-bytes").textContent = `${(s.bytes / 1e6).toFixed(1)} / ${Math.round(s.max_bytes / 1e6)} MB`;
  const shown = JSON.stringify([language, s.labels, s.not, s.room]);
  if (shown === lessons.shown) return; // what is open and has the focus stays
  lessons.shown = shown;
  const opened = new Set([...$("l-takes").querySelectorAll("details[open]")].map(d => d.dataset.of));
  const group = (of, name, takes, tags) => {
    const d = el("details"), head = el("summary", "", name), list = el("ul", "takes");
    d.dataset.of = of; d.open = opened.has(of);
    for (const tag of tags) head.append(el("span", "tag", tag));
    for (const take of takes) {
      const row = el("li"), play = el("button", "small", "▶ " + take.name), drop = el("button", "small", t("delete"));
      play.setAttribute("aria-label", `${t("clip")}: ${take.name}`);
      play.onclick = () => {
        lessons.player.pause();
        lessons.player.src = "api/v1/teach/take?" + new URLSearchParams({label: of, name: take.name});
        lessons.player.play().catch(() => {});
      };
      drop.setAttribute("aria-label", `${t("delete")}: ${take.name}`);
      drop.onclick = () => act("l-say", "teach/delete", {label: of, name: take.name});
      row.append(play, drop, el("span", "facts", `${Math.ceil(take.bytes / 1000)} kB · ${moment(new Date(take.at))}`));
      list.append(row);
    }
    d.append(head, list);
    return d;
  };
  $("l-takes").replaceChildren(
    ...s.labels.map(l => group(l.label, l.label, l.takes, [`${l.takes.length} ${t("takes")}`, ...l.taught ? [t("taught")] : [], ...l.takes.length < s.enough && !l.taught ? [t("enough").replace("5", s.enough)] : []])),
    ...s.room.length ? [group(".room", t("room"), s.room, [])] : [],
    ...s.not.map(l => group(".not/" + l.label, `${t("judgedwrong")}: ${l.label}`, l.takes, [`${l.takes.length}`])));
}

function showLearning(l, can) {
  const on = l.phase === "running";
  $("l-begin").hidden = on; $("l-end").hidden = !on;
  $("l-begin").disabled = !can;
  $("l-progress").hidden = !on;
  if (on && l.of) { $("l-progress").max = l.of; $("l-progress").value = l.done; } else $("l-progress").removeAttribute("value");
  const phase = {running: t("learning") + (l.step ? `: ${t("step_" + l.step) || l.step}` : ""), taken: t("takenmodel"), refused: t("refused"), failed: t("failed"), stopped: t("stopped")}[l.phase] || "";
  say("l-phase", phase + (l.error ? ": " + l.error : ""));
  const shown = JSON.stringify([language, l.measured]);
  if ($("l-result").dataset.shown === shown) return;
  $("l-result").dataset.shown = shown;
  $("l-result").replaceChildren(...l.measured ? measured(l.measured) : []);
}

// measured are the figures of a model against the one before it, and why it was not taken.
function measured(m) {
  const table = el("table"), head = el("tr"), out = [], body = el("tbody"), thead = el("thead"), share = (n, of) => of ? Math.round(100 * n / of) + " %" : "–";
  for (const text of [t("sound"), t("takes"), t("heldout"), t("quieton")]) head.append(el("th", "", text));
  for (const l of m.labels) {
    const row = el("tr");
    for (const text of [l.label, l.recordings, share(l.heard, l.hearings), `${(l.room_on_minutes + l.noise_on_minutes).toFixed(1)} / ${Math.round(m.room_minutes + m.noise_minutes)} min`]) row.append(el("td", "", text));
    body.append(row);
  }
  thead.append(head); table.append(thead, body);
  if (m.labels.length) out.push(table);
  const list = el("dl", "why"), fact = (name, text) => list.append(el("dt", "", name), el("dd", "", text));
  fact(t("oldsounds"), `${m.memory.before} → ${m.memory.after} / ${m.memory.windows}`);
  if (m.own) fact(t("ownevents"), `${m.own.before} → ${m.own.after + m.own.fresh}`);
  if (m.half_hour) fact(t("halfhour"), `${m.half_hour.before} → ${m.half_hour.after + m.half_hour.fresh}`);
  if (m.none) fact(t("falseevents"), `${m.none.before} → ${m.none.after + m.none.fresh}`);
  out.push(list);
  if (m.worse.length) {
    const why = el("ul", "reasons");
    for (const r of m.worse) { const li = el("li", "", t("worse_" + r.kind) + (r.label ? ": " + r.label : "")); li.title = r.text; why.append(li); }
    out.push(el("p", "note", t("worse")), why);
  }
  return out;
}

function showModels(models) {
  const shown = JSON.stringify([language, models]), list = $("l-list"), any = models.some(m => m.in_use);
  $("l-back").hidden = !models.length;
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const opened = new Set([...list.querySelectorAll("details[open]")].map(d => d.dataset.of));
  const item = (name, used, m) => {
    const li = el("li"), d = el(m ? "details" : "div", "model"), head = el(m ? "summary" : "span", "", name);
    if (used) head.append(el("span", "tag", t("inuse")));
    if (m) head.append(el("span", "facts", " " + moment(new Date(m.at)) + " · " + m.labels.map(l => l.label).join(", ")));
    d.dataset.of = name; if (m) d.open = opened.has(name);
    d.append(head, ...m ? measured(m) : []);
    li.append(d);
    return li;
  };
  list.replaceChildren(...models.toReversed().map(m => item(m.name, m.in_use, m.measured)), item(t("builtin"), !any));
}

// act asks for a change and shows what came of it.
async function act(where, path, body) {
  try { await post(path, body); say(where, ""); } catch (e) { say(where, e.message); }
  showTeach();
}

$("l-start").onclick = () => {
  const label = $("l-label").value.trim();
  if (!label) { $("l-label").focus(); return say("l-say", t("nameit")); }
  act("l-say", "teach/record", {source: $("l-source").value, label, count: +$("l-count").value, room: $("l-room").checked});
};
$("l-label").onkeydown = e => { if (e.key === "Enter") $("l-start").click(); };
$("l-stop").onclick = () => act("l-say", "teach/record/stop");
$("l-begin").onclick = () => act("l-phase", "teach/learn");
$("l-end").onclick = () => act("l-phase", "teach/learn/stop");
$("l-back").onclick = async () => {
  say("l-done", t("working"));
  await act("l-done", "teach/rollback");
  if (!$("l-done").textContent) say("l-done", t("applied"));
};
told.push(() => { lessons.shown = ""; showTeach(); });
