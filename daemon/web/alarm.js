// Surveillance: what is armed, and the alarm that waits for somebody to acknowledge it. Nothing of it shows where it is not configured.
const MODES = {disarmed: "DISARM", home: "ARM_HOME", away: "ARM_AWAY", night: "ARM_NIGHT"};
const alarmButtons = new Map();
for (const [mode, command] of Object.entries(MODES)) {
  const b = el("button");
  b.dataset.t = "mode_" + mode;
  b.onclick = () => sendAlarm(command);
  alarmButtons.set(mode, b);
  $("a-modes").append(b);
}
$("a-acknowledge").onclick = () => sendAlarm("ACKNOWLEDGE");

async function sendAlarm(command) {
  $("a-done").textContent = "";
  try {
    await post("alarm", {command});
  } catch (e) {
    $("a-done").textContent = e.message;
  }
}

// nameOf is a source or a label of it as the page calls it elsewhere.
function nameOf(source, label) {
  const s = sources.get(source);
  if (label === undefined) return s ? s.title.textContent : source;
  return label === "tamper" ? t("tampered") : s?.chips.get(label)?.name.textContent || label;
}

function showAlarm(a) {
  $("alarm").hidden = !a;
  if (!a) return;
  for (const [mode, b] of alarmButtons) {
    b.setAttribute("aria-pressed", mode === a.mode);
    b.disabled = !trusted;
  }
  $("alarm").classList.toggle("sounds", a.on);
  const more = a.count > 1 ? ` · ${a.count - 1} ${t("moresince")}` : "";
  say("a-says", a.on ? `${nameOf(a.source, a.label)} · ${nameOf(a.source)} · ${moment(new Date(a.since))}${a.why ? " · " + a.why : ""}${more}` : "");
  $("a-acknowledge").hidden = !a.on;
  $("a-acknowledge").disabled = !trusted;
  say("a-tamper", Object.entries(a.tamper).map(([source, why]) => `${nameOf(source)}: ${why}`).join("; "));
}
