// WHAT DOES EACH CHART SHOW? A function for each, which draws on a canvas of a width and a height.

// ---- learning curves -------------------------------------------------------------------------------------------

const lastEpoch = Math.max(1, ...D.levels, D.maximum);
const longX = D.levels.length > 1 && D.levels[D.levels.length - 1] / D.levels[0] >= 9;
const curveX = (w) => scale(1, Math.max(lastEpoch, 2), 62, w - 12, longX);
const valueY = (h) => scale(range.low, range.high, D.maximise ? h - 34 : h - 34, 24, range.log);
const path = (c, trial, x, y) => {
  const values = T.values[trial], epochs = epochsOf(trial);
  let open = false;
  c.beginPath();
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) { open = false; continue; }
    if (open) c.lineTo(x(epochs[i]), y(values[i])); else c.moveTo(x(epochs[i]), y(values[i]));
    open = true;
  }
};
const drawCurve = (c, trial, x, y, colour, width) => {
  const values = T.values[trial];
  path(c, trial, x, y);
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.stroke();
  if (values.length && values[values.length - 1] !== null)
    dot(c, x(highest(trial)), y(values[values.length - 1]), Math.max(1, width), colour);
};
const curves = (c, w, h) => {
  const x = curveX(w), y = valueY(h);
  const xs = longX ? [...new Set([...D.levels, D.maximum])] : ticks(1, Math.max(lastEpoch, 2), false, 8);
  frame(c, w, h, { x, y, xs, ys: ticks(range.low, range.high, range.log, 6), xname: "epoch", yname: D.metric });
  for (const level of D.levels) line(c, x(level), 24, x(level), h - 34, paper.line, 1, [3, 3]);
  c.globalAlpha = TRIALS > 2000 ? 0.07 : TRIALS > 300 ? 0.3 : 0.65;
  const order = [...Array(TRIALS).keys()].sort((a, b) => highest(a) - highest(b));
  for (const t of order) {
    if (highest(t) >= D.maximum && TRIALS > 300) c.globalAlpha = 0.7;
    drawCurve(c, t, x, y, colourOf(t), TRIALS > 300 ? 1 : 1.5);
  }
  c.globalAlpha = 1;
  if (D.best) drawCurve(c, D.best.trial, x, y, paper.best, 2.5);
  if (chosen !== null) drawCurve(c, chosen, x, y, paper.ink, 3);
  legend(c, w, [["best", paper.best], ["to the end", paper.end], ["waits", paper.wait], ["ended early", paper.stop], ["runs", paper.run]]);
};

// ---- best so far -----------------------------------------------------------------------------------------------

const improvements = [];
for (let i = 0; i < COUNT; i++)
  if (VALUE[i] !== null && (!improvements.length || sign * VALUE[i] < sign * VALUE[improvements[improvements.length - 1]]))
    improvements.push(i);
const progress = (c, w, h) => {
  if (!improvements.length) return text(c, "No result yet.", w / 2, h / 2, "center");
  const values = improvements.map((i) => VALUE[i]);
  let low = Math.min(...values), high = Math.max(...values);
  const log = low > 0 && high / low > 20;
  if (low === high) { low -= Math.abs(low) * 0.1 || 1; high += Math.abs(high) * 0.1 || 1; }
  // Where most was found at once, a logarithmic axis shows it.
  const times = improvements.map((i) => TIME[i]), middle = times[Math.floor(times.length / 2)];
  const first = times.find((t) => t > 0), early = first > 0 && middle < END / 50;
  const x = early ? scale(first, END, 62, w - 12, true) : timeScale(w), y = scale(low, high, h - 40, 28, log);
  const xs = early ? ticks(first, END, true, 8) : timeTicks(), xname = early ? "time, logarithmic" : "time";
  frame(c, w, h, { x, y, xs, ys: ticks(low, high, log, 5), xname, yname: D.metric, xshow: duration });
  c.beginPath();
  improvements.forEach((i, k) => {
    if (k) c.lineTo(x(TIME[i]), y(values[k - 1])); else c.moveTo(x(TIME[i]), y(values[k]));
    c.lineTo(x(TIME[i]), y(values[k]));
  });
  c.lineTo(x(END), y(values[values.length - 1]));
  c.strokeStyle = paper.best;
  c.lineWidth = 2;
  c.stroke();
  improvements.forEach((i, k) => dot(c, x(TIME[i]), y(values[k]), TRIAL[i] === chosen ? 5 : 3, TRIAL[i] === chosen ? paper.ink : paper.best));
  now(c, x, h);
};

// ---- workers ---------------------------------------------------------------------------------------------------

const rowHeight = () => Math.max(3, Math.min(26, 360 / Math.max(1, D.workers.length)));
const shade = (from) => {
  const place = D.levels.filter((level) => level <= from).length / Math.max(1, D.levels.length);
  return 0.25 + 0.75 * place;
};
const workersChart = (c, w, h) => {
  const x = timeScale(w), row = rowHeight();
  D.workers.forEach((name, i) => {
    if (row >= 11 || i % Math.ceil(11 / row) === 0) {
      let label = name;
      while (label.length > 1 && c.measureText(label).width > 54) label = label.slice(1);
      text(c, label, 56, 24 + row * (i + 0.5), "right");
    }
  });
  for (const [trial, worker, begin, end, from, how] of D.legs) {
    const left = x(begin), width = Math.max(0.6, x(end) - left - (x(end) - left > 3 ? 0.6 : 0));
    c.globalAlpha = trial === chosen ? 1 : shade(from);
    c.fillStyle = trial === chosen ? paper.ink : how === LOST ? paper.best : how === FINISHED ? paper.end : paper.wait;
    c.fillRect(left, 24 + row * worker + (row > 6 ? 1 : 0), width, Math.max(1, row - (row > 6 ? 2 : 0)));
  }
  c.globalAlpha = 1;
  let last = -Infinity;
  for (const v of timeTicks()) {
    const label = duration(v), room = c.measureText(label).width;
    if (x(v) - room / 2 < last + 6) continue;
    text(c, label, Math.min(x(v), w - 12 - room / 2), h - 22, "center");
    last = x(v) + room / 2;
  }
  line(c, 62, h - 34, w - 12, h - 34, paper.faint);
  text(c, "time", w - 12, h - 7, "right");
  legend(c, w, [["to the end", paper.end], ["a leg; darker: from a higher level", paper.wait], ["lost", paper.best]]);
  now(c, x, h);
};

// ---- how far trials came ---------------------------------------------------------------------------------------

const stages = [...D.levels, D.maximum].map((level) => ({ level, came: 0, on: 0, better: null }));
for (let t = 0; t < TRIALS; t++) {
  const top = highest(t);
  for (const stage of stages) {
    if (top >= stage.level) stage.came++;
    if (top > stage.level) stage.on++;
  }
}
const funnel = (c, w, h) => {
  const started = TRIALS, rows = [["started", started], ...stages.map((s) => [`epoch ${s.level}`, s.came])];
  const row = (h - 20) / rows.length, x = scale(0, started || 1, 0, w - 300, false);
  rows.forEach(([label, count], i) => {
    const top = 12 + i * row, width = Math.max(1, x(count));
    text(c, label, 84, top + row / 2 - 2, "right", paper.ink);
    c.fillStyle = i === rows.length - 1 ? paper.end : paper.wait;
    c.globalAlpha = 0.4 + 0.6 * i / Math.max(1, rows.length - 1);
    c.fillRect(94, top, width, Math.max(4, row - 10));
    c.globalAlpha = 1;
    const before = i ? rows[i - 1][1] : 0;
    const share = i && before ? `, ${Math.round(100 * count / before)} % of those before` : "";
    text(c, `${count.toLocaleString("en")}${share}`, 100 + width, top + row / 2 - 2, "left", paper.ink);
  });
};

// ---- configurations --------------------------------------------------------------------------------------------

const ranked = [...Array(TRIALS).keys()].filter((t) => bestOf[t] !== null).sort((a, b) => sign * (bestOf[a] - bestOf[b]) || a - b);
const topShare = Math.min(100, ranked.length, Math.max(3, Math.round(ranked.length * 0.1)));
const space = (c, w, h) => {
  const P = D.parameters, count = P.length + 1;
  if (!P.length) return text(c, "Nothing is searched.", w / 2, h / 2, "center");
  const x = (i) => 60 + i * (w - 130) / Math.max(1, count - 1), y = (v) => h - 40 - v * (h - 84);
  const value = scale(range.low, range.high, 0, 1, range.log);
  const trace = (t, colour, width) => {
    c.beginPath();
    T.places[t].forEach((v, i) => i ? c.lineTo(x(i), y(v)) : c.moveTo(x(i), y(v)));
    if (bestOf[t] !== null) c.lineTo(x(count - 1), y(value(bestOf[t])));
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.stroke();
  };
  c.globalAlpha = TRIALS > 2000 ? 0.04 : TRIALS > 300 ? 0.12 : 0.35;
  for (let k = ranked.length - 1; k >= topShare; k--) trace(ranked[k], paper.rest, 1);
  c.globalAlpha = TRIALS > 300 ? 0.4 : 0.8;
  for (let k = topShare - 1; k > 0; k--) trace(ranked[k], paper.wait, 1.3);
  c.globalAlpha = 1;
  if (ranked.length) trace(ranked[0], paper.best, 2.5);
  if (chosen !== null) trace(chosen, paper.ink, 3);
  const room = (w - 130) / Math.max(1, count - 1) - 8;
  const fit = (label, most) => {
    if (c.measureText(label).width <= most) return label;
    while (label.length > 1 && c.measureText(`${label}…`).width > most) label = label.slice(0, -1);
    return `${label}…`;
  };
  for (let i = 0; i < count; i++) {
    line(c, x(i), y(0), x(i), y(1), paper.faint);
    const isMetric = i === count - 1, p = P[i];
    text(c, fit(isMetric ? D.metric : p.name, room), x(i), 14, "center", paper.ink);
    if (isMetric) {
      text(c, show(range.high), x(i), 32, "center");
      text(c, show(range.low), x(i), h - 24, "center");
    } else if (p.ends) {
      text(c, fit(p.ends[1], room), x(i), 32, "center");
      text(c, fit(p.ends[0], room), x(i), h - 24, "center");
    } else if (p.count <= 12) {
      p.values.forEach((v, k) => {
        const label = fit(v, room * 0.8), wide = c.measureText(label).width, at = y(k / Math.max(1, p.count - 1));
        c.fillStyle = paper.paper;
        c.globalAlpha = 0.8;
        c.fillRect(x(i) + 4, at - 8, wide + 4, 16);
        c.globalAlpha = 1;
        text(c, label, x(i) + 6, at, "left", paper.ink);
      });
    } else {
      text(c, fit(`${p.count} values`, room), x(i), h - 24, "center");
    }
  }
  legend(c, w, [["best", paper.best], [`best ${topShare}`, paper.wait], ["others", paper.rest]], h - 7);
};

// ---- beliefs and theta -----------------------------------------------------------------------------------------

const WIDTH = 1.2815515655446004;  // so many deviations on both sides hold 80 %
const inside = D.beliefs.filter(([, , m, s, v]) => Math.abs(v - m) <= WIDTH * s).length;
const beliefs = (c, w, h) => {
  let low = Infinity, high = -Infinity;
  for (const [, , m, s, v] of D.beliefs) {
    low = Math.min(low, v, m - WIDTH * s);
    high = Math.max(high, v, m + WIDTH * s);
  }
  if (low === high) { low -= 1; high += 1; }
  const side = Math.min(w - 74, 620), x = scale(low, high, 62, 62 + side, false), y = scale(low, high, h - 34, 24, false);
  const t = ticks(low, high, false, 6);
  frame(c, 74 + side, h, { x, y, xs: t, ys: t, xname: "came out", yname: "believed, with the 80 % interval" });
  line(c, x(low), y(low), x(high), y(high), paper.faint, 1, [4, 3]);
  const many = D.beliefs.length > 400;
  for (const [trial, , m, s, v] of D.beliefs) {
    const isIn = Math.abs(v - m) <= WIDTH * s, colour = trial === chosen ? paper.ink : isIn ? paper.wait : paper.best;
    c.globalAlpha = many && trial !== chosen ? 0.25 : 0.6;
    line(c, x(v), y(m - WIDTH * s), x(v), y(m + WIDTH * s), colour, trial === chosen ? 3 : 1);
    c.globalAlpha = many ? 0.6 : 1;
    dot(c, x(v), y(m), trial === chosen ? 5 : 3, colour);
  }
  c.globalAlpha = 1;
  legend(c, 74 + side, [["inside", paper.wait], ["outside", paper.best]]);
};
const theta = (c, w, h) => {
  const x = scale(1, Math.max(2, COUNT), 62, w - 60, false), y = scale(0, 1, h - 34, 24, false);
  frame(c, w - 48, h, { x, y, xs: ticks(1, Math.max(2, COUNT), false, 8), ys: [0, 0.25, 0.5, 0.75, 1], xname: "record", yname: "theta" });
  const levels = [...new Set(D.theta.flatMap(([, shares]) => shares.map(([level]) => level)))].sort((a, b) => a - b);
  const colours = [paper.wait, paper.run, paper.end, paper.best, paper.stop, paper.rest];
  const labels = [];
  levels.forEach((level, i) => {
    const points = D.theta.map(([n, shares]) => [n, (shares.find(([l]) => l === level) || [0, 0])[1]]);
    c.beginPath();
    points.forEach(([n, v], k) => { if (k) c.lineTo(x(n), y(points[k - 1][1])); else c.moveTo(x(n), y(v)); c.lineTo(x(n), y(v)); });
    const last = points[points.length - 1][1];
    c.lineTo(x(COUNT), y(last));
    c.strokeStyle = colours[i % colours.length];
    c.lineWidth = 2;
    c.stroke();
    labels.push([y(last), `level ${level}`, colours[i % colours.length]]);
  });
  labels.sort((a, b) => a[0] - b[0]);
  let below = h - 32;
  for (const [top, label, colour] of labels.reverse()) {
    const put = Math.min(top, below);
    text(c, label, w - 56, put, "left", colour);
    below = put - 13;
  }
  if (record < COUNT) line(c, x(record), 20, x(record), h - 34, paper.accent, 1.5, [4, 3]);
};
