// Colours of the spectrogram: dark to bright through few anchors, interpolated once.
const lut = (() => {
  const a = [[0, 0, 4], [28, 16, 68], [79, 18, 123], [129, 37, 129], [181, 54, 122], [229, 80, 100], [251, 135, 97], [254, 194, 135], [252, 253, 191]];
  const out = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const p = i / 255 * (a.length - 1), k = Math.min(Math.floor(p), a.length - 2), f = p - k;
    for (let c = 0; c < 3; c++) out[i * 3 + c] = a[k][c] + (a[k + 1][c] - a[k][c]) * f;
  }
  return out;
})();

// dye colours a pixel by a loudness, 0 … 255.
function dye(data, p, loud) {
  const v = Math.max(0, Math.min(255, Math.round(loud))) * 3;
  data[p] = lut[v]; data[p + 1] = lut[v + 1]; data[p + 2] = lut[v + 2]; data[p + 3] = 255;
}

const COLUMNS = 900, BANDS = 64;

// Strip is a spectrogram that runs from right to left, with the names of what was heard over it.
class Strip {
  constructor() {
    this.queue = [];  // columns to be drawn: {at, bands}, at in ms since 1970
    this.times = [];  // at of the columns drawn, the newest last; at most COLUMNS
    this.marks = [];
    this.rate = 86.13;
    this.due = 0;
    this.low = 40; this.high = 200;
    this.box = el("div", "strip");
    this.canvas = el("canvas");
    this.canvas.width = COLUMNS; this.canvas.height = BANDS;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Spectrogram of the last ten seconds");
    this.context = this.canvas.getContext("2d", {alpha: false, willReadFrequently: true});
    this.veil = el("div", "veil", t("waitsound"));
    this.box.append(this.canvas, this.veil);
    this.clear();
  }
  clear() {
    this.queue = []; this.times = [];
    this.context.fillStyle = "#000004";
    this.context.fillRect(0, 0, COLUMNS, BANDS);
  }
  // add takes columns; those of a past are drawn at once, in place of all that was there.
  add(m) {
    const raw = atob(m.columns), n = raw.length / m.bands, end = Date.parse(m.end);
    this.rate = m.rate;
    if (m.past) this.clear();
    for (let t = 0; t < n; t++) {
      const bands = Uint8Array.from(raw.substr(t * m.bands, m.bands), c => c.charCodeAt(0));
      this.queue.push({at: end - (n - 1 - t) * 1000 / m.rate, bands});
    }
    if (this.queue.length > COLUMNS) this.queue.splice(0, this.queue.length - COLUMNS);
    if (m.past) this.paint(this.queue.length);
  }
  // draw plays the columns out at the pace they were made in: a full queue a little faster, and what waited while
  // nobody looked (a page in the background draws nothing) at once.
  draw(seconds) {
    const waiting = this.queue.length;
    if (waiting > 3 * this.rate) this.paint(waiting - Math.ceil(this.rate));
    else if (waiting) {
      this.due += seconds * this.rate * (waiting > 1.5 * this.rate ? 1.3 : 1);
      const n = Math.min(Math.floor(this.due), waiting);
      this.due -= n;
      this.paint(n);
    } else this.due = 0;
    this.place();
  }
  paint(n) {
    if (n < 1) return;
    const columns = [];
    for (const c of this.queue.splice(0, n)) { // a dark stripe where sound is missing
      const before = columns.length ? columns.at(-1).at : this.times.at(-1);
      if (c.at - before > 500) for (let i = 0; i < 8; i++) columns.push({at: c.at, bands: null});
      columns.push(c);
    }
    columns.splice(0, columns.length - COLUMNS);
    n = columns.length;
    const image = this.context.createImageData(n, BANDS);
    columns.forEach((c, t) => this.colour(c.bands, image.data, t, n));
    this.context.drawImage(this.canvas, -n, 0);
    this.context.putImageData(image, COLUMNS - n, 0);
    for (const c of columns) this.times.push(c.at);
    this.times.splice(0, this.times.length - COLUMNS);
  }
  // colour writes one column, loud bright. The contrast follows the room, between its quiet and its loud, slowly.
  colour(bands, data, t, n) {
    if (bands) {
      const sorted = bands.toSorted(), loudest = sorted[BANDS - 1];
      this.low += (sorted[Math.floor(BANDS * .1)] - this.low) * .004;
      this.high += (Math.max(loudest, this.low + 60) - this.high) * (loudest > this.high ? .2 : .004);
    }
    const gain = 255 / (this.high - this.low);
    for (let b = 0; b < BANDS; b++) {
      dye(data, ((BANDS - 1 - b) * n + t) * 4, bands ? (bands[b] - this.low) * gain : 0);
    }
  }
  // mark writes an event's name over its time; the end comes later.
  mark(m) {
    const from = Date.parse(m.onset), to = m.on ? Infinity : Date.parse(m.end);
    const known = this.marks.find(k => k.label === m.label && k.from === from);
    if (known) { known.to = to; return; }
    const taken = this.marks.filter(k => k.to > from).map(k => k.lane);
    let lane = 0;
    while (taken.includes(lane) && lane < 6) lane++;
    const e = el("div", "mark", m.title);
    e.style.top = lane * 21 + "px";
    e.setAttribute("aria-hidden", "true"); // the table below says the same
    this.box.append(e);
    this.marks.push({label: m.label, from, to, lane, e});
  }
  // around cuts what was drawn around a time, ms since 1970, into a picture of its own; null where it is gone already.
  around(at, title) {
    const from = this.times.findIndex(time => time >= at - 1500), last = this.times.findLastIndex(time => time <= at + 3000);
    if (from < 0 || last - from < 40) return null;
    const box = el("div", "picture"), frame = el("div", "frame"), line = el("i"), canvas = el("canvas"), n = last - from + 1;
    canvas.width = n; canvas.height = BANDS;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${t("spectrogram")}: ${title}`);
    canvas.getContext("2d").drawImage(this.canvas, COLUMNS - this.times.length + from, 0, n, BANDS, 0, 0, n, BANDS);
    line.style.left = 100 * (at - this.times[from]) / (this.times[last] - this.times[from]) + "%";
    line.title = t("onset");
    frame.append(canvas, line);
    box.append(frame);
    return box;
  }
  unmark() {
    for (const k of this.marks) k.e.remove();
    this.marks = [];
  }
  place() {
    const first = this.times[0], x = t => {
      let low = 0, high = this.times.length; // the first column at t or later
      while (low < high) { const mid = low + high >> 1; if (this.times[mid] < t) low = mid + 1; else high = mid; }
      return 100 * (COLUMNS - this.times.length + low) / COLUMNS;
    };
    this.marks = this.marks.filter(k => {
      if (k.to < first) { k.e.remove(); return false; }
      const left = x(k.from), width = x(k.to) - left;
      k.e.hidden = !(width > 0);
      k.e.style.left = left + "%"; k.e.style.width = width + "%";
      k.e.style.borderLeftColor = k.from < first ? "transparent" : "";
      return true;
    });
  }
}

// frequencies names a few along the strip: gammatone bands are evenly spaced on the ERB scale (see package gammatone).
function frequencies() {
  const axis = el("div", "axis"), qb = 9.26449 * 24.7, erb = hz => Math.log((hz + qb) / (50 + qb));
  for (const hz of [200, 1000, 4000, 12000]) {
    const mark = el("span", "", hz < 1000 ? hz + " Hz" : hz / 1000 + " kHz");
    mark.style.bottom = 100 * erb(hz) / erb(22050) + "%";
    axis.append(mark);
  }
  axis.setAttribute("aria-hidden", "true");
  return axis;
}
