// WHAT IS THERE TO DRAW, AND WITH WHICH PEN? The columns of the run, numbers as text, scales, and marks on a canvas.
// All text that comes from the log goes into the page by textContent or fillText, never as HTML.
"use strict";

const D = JSON.parse(document.getElementById("data").textContent);
const [KIND, TIME, TRIAL, EPOCH, VALUE, LEVEL, RANK, ENTRIES, ALLOWED, WHY] = D.decisions;
const [START, PROMOTED, AGAIN, BETWEEN, GOES_ON, PAUSED, STOPPED, FINISHED, NOT_FINITE, LOST, OBSERVED, FITTED] =
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const COUNT = KIND.length, T = D.trials, TRIALS = T.status.length;
const sign = D.maximise ? -1 : 1;
const $ = (id) => document.getElementById(id);
let chosen = null, record = Math.max(1, COUNT);

// ---- numbers and text ------------------------------------------------------------------------------------------

const show = (x) => x === null || x === undefined ? "no number" : Number(x.toPrecision(5)).toString();
const plural = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
const duration = (s) => {
  if (s === null || s === undefined) return "?";
  if (s < 120) return `${show(s)} s`;
  if (s < 7200) return `${show(s / 60)} min`;
  return s < 172800 ? `${show(s / 3600)} h` : `${show(s / 86400)} days`;
};
const epochsOf = (trial) => {
  const e = T.epochs[trial];
  return typeof e === "number" ? Array.from({ length: e }, (_, i) => i + 1) : e;
};
const highest = (trial) => {
  const e = T.epochs[trial];
  return typeof e === "number" ? e : e.length ? e[e.length - 1] : 0;
};
const bestOf = new Array(TRIALS).fill(null);
for (let t = 0; t < TRIALS; t++)
  for (const v of T.values[t]) if (v !== null && (bestOf[t] === null || sign * v < sign * bestOf[t])) bestOf[t] = v;
const systemOf = (trial) => D.systems > 1 ? T.bracket[trial] : 0;
const END = COUNT ? TIME[COUNT - 1] || 0 : 0;

// ---- scales ----------------------------------------------------------------------------------------------------

// Where most values lie. A few that diverged do not squeeze all others: they are drawn at the edge.
const finite = [];
for (const values of T.values) for (const v of values) if (v !== null) finite.push(v);
finite.sort((a, b) => a - b);
const at = (share) => finite[Math.min(finite.length - 1, Math.floor(share * finite.length))];
const range = (() => {
  if (!finite.length) return { low: 0, high: 1, log: false, beyond: 0 };
  let low = finite[0], high = finite[finite.length - 1];
  const inner = at(0.95) - at(0.05);
  if (inner > 0 && (high - at(0.95)) > 5 * inner) high = at(0.95) + inner;
  if (inner > 0 && (at(0.05) - low) > 5 * inner) low = at(0.05) - inner;
  const beyond = finite.filter((v) => v < low || v > high).length;
  const log = finite[0] > 0 && low > 0 && high / low > 20;
  if (low === high) { const by = Math.abs(low) * 0.1 || 1; low -= by; high += by; }
  return { low, high, log, beyond };
})();
// Halves, since the difference of two huge numbers may be no number.
const scale = (low, high, from, to, log) => {
  const f = log ? Math.log : (x) => x / 2, a = f(low), b = f(high), w = b - a || 1;
  return (x) => from + (to - from) * Math.min(1, Math.max(0, (f(log ? Math.max(x, low) : x) - a) / w));
};
const ticks = (low, high, log, count) => {
  const found = [];
  if (log) {
    const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
    const steps = to - from > 4 ? [1] : to - from > 2 ? [1, 3] : [1, 2, 5];
    for (let p = from; p <= to; p++)
      for (const s of steps) { const v = s * 10 ** p; if (v >= low && v <= high) found.push(v); }
    while (found.length > count + 2) for (let i = found.length - 2; i > 0; i -= 2) found.splice(i, 1);
    return found;
  }
  const raw = high / count - low / count, unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((s) => s * unit).find((s) => s >= raw) || raw;
  for (let v = Math.ceil(low / step) * step; v <= high && found.length < 50; v += step)
    found.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return found;
};

// ---- drawing ---------------------------------------------------------------------------------------------------

let paper = {};
const readColours = () => {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "ink", "faint", "line", "panel", "rest", "run", "end", "best", "wait", "stop", "accent"])
    paper[name] = style.getPropertyValue(`--${name}`).trim();
};
const statusColour = (status) =>
  ({ running: paper.run, paused: paper.wait, ended: paper.stop, broken: paper.run, observed: paper.rest })[status];
const colourOf = (trial) => highest(trial) >= D.maximum ? paper.end : statusColour(T.status[trial]) || paper.rest;

const plot = (id, draw, height) => {
  const canvas = $(id);
  const width = canvas.clientWidth, tall = height || Number(canvas.getAttribute("height")), dense = devicePixelRatio || 1;
  if (!width) return;
  canvas.style.height = `${tall}px`;
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(tall * dense);
  const c = canvas.getContext("2d");
  c.scale(dense, dense);
  c.font = "12px system-ui, sans-serif";
  c.lineJoin = "round";
  draw(c, width, tall);
};
const text = (c, what, x, y, align = "left", colour = paper.faint, base = "middle") => {
  c.fillStyle = colour;
  c.textAlign = align;
  c.textBaseline = base;
  c.fillText(what, x, y);
};
const line = (c, x1, y1, x2, y2, colour, width = 1, dash = []) => {
  c.beginPath();
  c.setLineDash(dash);
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.stroke();
  c.setLineDash([]);
};
const frame = (c, w, h, { x, y, xs, ys, xname, yname, xshow = show, yshow = show, left = 62 }) => {
  for (const v of ys) { line(c, left, y(v), w - 12, y(v), paper.line); text(c, yshow(v), left - 6, y(v), "right"); }
  let last = -Infinity;
  for (const v of xs) {
    line(c, x(v), h - 34, x(v), h - 30, paper.faint);
    const label = xshow(v), room = c.measureText(label).width;
    if (x(v) - room / 2 < last + 6) continue;
    text(c, label, x(v), h - 22, "center");
    last = x(v) + room / 2;
  }
  line(c, left, h - 34, w - 12, h - 34, paper.faint);
  text(c, xname, w - 12, h - 7, "right");
  text(c, yname, left, 9, "left");
};
const dot = (c, x, y, r, colour, hollow) => {
  c.beginPath();
  c.arc(x, y, r, 0, 7);
  if (hollow) { c.strokeStyle = colour; c.lineWidth = 1.5; c.stroke(); } else { c.fillStyle = colour; c.fill(); }
};
const legend = (c, w, items, y = 10) => {
  let x = w - 12;
  for (const [label, colour, hollow] of [...items].reverse()) {
    const room = c.measureText(label).width;
    text(c, label, x, y, "right");
    dot(c, x - room - 9, y, 4, colour, hollow);
    x -= room + 26;
  }
};
const timeScale = (w) => scale(0, END || 1, 62, w - 12, false);
const timeTicks = () => ticks(0, END || 1, false, 8);
const now = (c, x, h) => { if (record < COUNT) line(c, x(Math.max(TIME[record - 1], 1e-300)), 20, x(TIME[record - 1]), h - 34, paper.accent, 1.5, [4, 3]); };
