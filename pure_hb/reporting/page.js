"use strict";
// Draws a run. All text that comes from the log goes into the page by textContent or fillText, never as HTML.
(() => {
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

  // ---- one decision and its rungs --------------------------------------------------------------------------------

  const ENTERS = new Set([GOES_ON, PAUSED, STOPPED, NOT_FINITE]);
  const rungsAt = (n) => {
    const rungs = new Map();
    for (let i = 0; i < n; i++) {
      const level = LEVEL[i];
      if (level === null || TRIAL[i] < 0) continue;
      const key = `${systemOf(TRIAL[i])}:${level}`;
      if (ENTERS.has(KIND[i])) {
        if (!rungs.has(key)) rungs.set(key, new Map());
        rungs.get(key).set(TRIAL[i], { value: VALUE[i], on: KIND[i] === GOES_ON, out: KIND[i] === STOPPED || KIND[i] === NOT_FINITE });
      } else if (KIND[i] === PROMOTED && rungs.has(key) && rungs.get(key).has(TRIAL[i])) {
        rungs.get(key).get(TRIAL[i]).on = true;
      }
    }
    return rungs;
  };
  const systemNow = () => {
    const trial = COUNT ? TRIAL[record - 1] : -1;
    return trial >= 0 ? systemOf(trial) : 0;
  };
  const nextLevel = (level) => D.levels.find((one) => one > level) || D.maximum;
  const rungs = (c, w, h) => {
    const found = rungsAt(record), system = systemNow(), x = scale(range.low, range.high, 74, w - 24, range.log);
    const row = (h - 58) / Math.max(1, D.levels.length), trial = COUNT ? TRIAL[record - 1] : -1;
    for (const v of ticks(range.low, range.high, range.log, 7)) { line(c, x(v), 22, x(v), h - 34, paper.line); text(c, show(v), x(v), h - 22, "center"); }
    text(c, D.metric, w - 12, h - 7, "right");
    [...D.levels].reverse().forEach((level, i) => {
      const entries = found.get(`${system}:${level}`) || new Map(), y = 24 + row * (i + 0.5);
      text(c, `epoch ${level}`, 66, y, "right", paper.ink);
      line(c, 74, y, w - 24, y, paper.line);
      const values = [...entries.values()].map((e) => e.value).filter((v) => v !== null).sort((a, b) => sign * (a - b));
      const allowed = Math.floor((entries.size - 1) * level / nextLevel(level));
      if (D.by_rank && entries.size > 1 && values[allowed] !== undefined) {
        const edge = x(values[allowed]);
        line(c, edge, y - row * 0.4, edge, y + row * 0.4, paper.ink, 2);
      }
      c.globalAlpha = entries.size > 400 ? 0.35 : 0.9;
      for (const [other, e] of entries) {
        if (other === trial || other === chosen) continue;
        dot(c, x(e.value === null ? (D.maximise ? range.low : range.high) : e.value), y, 4, e.on ? paper.end : e.out ? paper.stop : paper.wait, !e.on);
      }
      c.globalAlpha = 1;
      for (const [other, colour] of [[chosen, paper.ink], [trial, paper.best]])
        if (other !== null && entries.has(other)) {
          const e = entries.get(other);
          dot(c, x(e.value === null ? (D.maximise ? range.low : range.high) : e.value), y, 6, colour, !e.on);
        }
    });
    if (!D.levels.length) text(c, "No rungs: every trial trains to the end.", w / 2, h / 2, "center");
    const other = D.stops ? ["was stopped", paper.stop, true] : ["waits", paper.wait, true];
    legend(c, w, [["went on", paper.end], other, ["the trial of this record", paper.best]]);
  };

  const happened = (i) => {
    const trial = TRIAL[i], level = LEVEL[i], value = show(VALUE[i]), epoch = EPOCH[i];
    const told = `Trial ${trial} reported ${value} at epoch ${epoch}`;
    switch (KIND[i]) {
      case START: return `Trial ${trial} was started.`;
      case PROMOTED: return `Trial ${trial} was promoted from level ${level}.`;
      case AGAIN: return `Trial ${trial} runs its leg again.`;
      case BETWEEN: return `${told} and goes on: nothing was compared.`;
      case GOES_ON: return `${told} and goes on past level ${level}.`;
      case PAUSED: return `${told} and waits at level ${level}.`;
      case STOPPED: return `${told} and was stopped at level ${level}.`;
      case FINISHED: return `${told} and ended: that is the maximum.`;
      case NOT_FINITE: return `Trial ${trial} reported no finite number at epoch ${epoch} and ended.`;
      case LOST: return `Trial ${trial} was lost, failed or ended by itself.`;
      case OBSERVED: return `A result from elsewhere was told, as trial ${trial}.`;
      case FITTED: return "A fit that was made beside training was taken.";
      default: return "";
    }
  };
  const compared = (i) => {
    if (RANK[i] === null) return "";
    if (ALLOWED[i] === null) return " It was the first there.";
    return ` ${RANK[i]} of ${ENTRIES[i]} entries were better; at most ${ALLOWED[i]} may be.`;
  };
  const why = (i) => {
    const given = WHY[i];
    if (!given) return "";
    const because = D.texts[given[0]] ? `\nWhy: ${D.texts[given[0]]}.` : "";
    if (given.length < 2) return because;
    const [, scored, names] = given;
    const told = (numbers) => names.map((name, k) => `${name} ${show(numbers[k])}`).join(", ");
    return `${because}\nBelieved of it: ${told(scored[0])}.${scored[1] ? ` Of the next: ${told(scored[1])}.` : ""}`;
  };
  const saySo = () => {
    if (!COUNT) { $("said").textContent = "The log is empty."; return; }
    const i = record - 1;
    $("said").textContent = `Record ${record} of ${COUNT}, after ${duration(TIME[i])}: ${happened(i)}${compared(i)}${why(i)}`;
  };

  // ---- words for everybody ---------------------------------------------------------------------------------------

  const counts = {};
  for (const status of T.status) counts[status] = (counts[status] || 0) + 1;
  const describe = () => {
    const best = D.best ? `The best value is ${show(D.best.value)}, of trial ${D.best.trial} at epoch ${D.best.epoch}.` : "There is no result yet.";
    const beyond = range.beyond ? ` ${plural(range.beyond, "value")} beyond the scale ${range.beyond === 1 ? "is" : "are"} drawn at its edge.` : "";
    const captions = {
      curves: `${plural(TRIALS, "trial")}, a curve each. Dashed lines are the levels at which trials are compared. ${best}${beyond}`,
      progress: `${plural(improvements.length, "time")} a value was better than all before. ${best}`,
      workers: `${plural(D.workers.length, "worker")}, ${plural(D.legs.length, "leg")} of training in ${duration(END)}.`,
      funnel: `Of ${plural(TRIALS, "trial")}, ${stages.map((s) => `${s.came.toLocaleString("en")} reached epoch ${s.level}`).join(", ")}.`,
      space: `A line for each trial through its parameters to its best ${D.metric}. ${best}`,
      beliefs: `${inside} of ${D.beliefs.length} outcomes (${D.beliefs.length ? Math.round(100 * inside / D.beliefs.length) : 0} %) lie inside the interval that should hold 80 %. In the units of the model: the metric, or normal scores.`,
      theta: "How much each level counts for Hyper-Tune; the shares sum to 1.",
      rungs: `All entries of each level after this record, along the value.${D.by_rank ? " The bar is the worst value that is still among the best." : ""}${D.systems > 1 ? " Each bracket has rungs of its own: those of this trial's are shown." : ""}`,
    };
    for (const [id, caption] of Object.entries(captions)) { $(`${id}-said`).textContent = caption; $(id).setAttribute("aria-label", caption); }
  };
  const fill = () => {
    $("name").textContent = D.name;
    $("summary").textContent = `${D.method}, ${D.maximise ? "maximising" : "minimising"} ${D.metric}; levels ${D.levels.join(", ") || "none"}, maximum ${D.maximum}; seed ${D.seed}`;
    const facts = [
      ["best", D.best ? show(D.best.value) : "none"],
      ["trials", TRIALS.toLocaleString("en")],
      ["epochs", D.epochs.toLocaleString("en")],
      ["decisions", COUNT.toLocaleString("en")],
      ["time", duration(END)],
      ["trained to the end", (stages.length ? stages[stages.length - 1].came : 0).toLocaleString("en")],
    ];
    for (const [name, value] of facts) {
      const box = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = name;
      dd.textContent = value;
      box.append(dt, dd);
      $("facts").append(box);
    }
    if (!D.beliefs.length) $("beliefs-section").hidden = true;
    if (!D.theta.length) $("theta-section").hidden = true;
    for (const section of document.querySelectorAll("main > section[id]")) {
      if (section.hidden) continue;
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = `#${section.id}`;
      link.textContent = section.querySelector("h2").textContent;
      item.append(link);
      $("sections").append(item);
    }
    const names = D.table.length ? D.table[0].configuration.map(([name]) => name) : [];
    const rowOf = (cells, kind) => {
      const row = document.createElement("tr");
      for (const cell of cells) {
        const td = document.createElement(kind);
        td.textContent = cell;
        if (kind === "th") td.scope = "col";
        row.append(td);
      }
      return row;
    };
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(rowOf(["trial", "status", "epochs", D.metric, ...names], "th"));
    for (const one of D.table)
      body.append(rowOf([one.trial, one.status, one.epochs, show(one.value), ...one.configuration.map(([, value]) => value)], "td"));
    $("table").append(head, body);
    for (const id of ["number", "typed"]) { $(id).max = Math.max(1, COUNT); $(id).value = record; }
    $("trial").max = Math.max(0, TRIALS - 1);
  };

  // ---- what a reader does ----------------------------------------------------------------------------------------

  const CHARTS = { rungs, curves, progress, workers: workersChart, funnel, space, beliefs, theta };
  const heights = () => ({
    workers: 62 + rowHeight() * D.workers.length,
    rungs: 60 + 44 * Math.max(1, D.levels.length > 12 ? 12 : D.levels.length),
    funnel: 24 + 32 * (stages.length > 12 ? 12 : stages.length + 1),
  });
  const drawOne = (id) => { if (!$(`${id}`).closest("section").hidden) plot(id, CHARTS[id], heights()[id]); };
  const drawAll = () => { readColours(); for (const id of Object.keys(CHARTS)) drawOne(id); };
  const later = (() => {
    let due = null;
    return (run) => { if (due === null) due = requestAnimationFrame(() => { due = null; run(); }); };
  })();
  const go = (n) => {
    record = Math.min(Math.max(1, n || 1), Math.max(1, COUNT));
    $("number").value = $("typed").value = record;
    saySo();
    later(() => { drawOne("rungs"); drawOne("progress"); drawOne("workers"); if (D.theta.length) drawOne("theta"); });
  };
  const follow = (trial) => {
    chosen = trial === null || !(trial >= 0 && trial < TRIALS) ? null : trial;
    $("trial").value = chosen === null ? "" : chosen;
    $("told").textContent = chosen === null ? "" :
      `Trial ${chosen}: ${T.status[chosen]}, trained to epoch ${highest(chosen)}, best ${show(bestOf[chosen])}.`;
    later(drawAll);
  };
  const step = (by) => {
    let i = record - 1 + by;
    while (i >= 0 && i < COUNT && LEVEL[i] === null) i += by;
    if (i >= 0 && i < COUNT) go(i + 1);
  };
  const nearest = (event) => {
    const box = $("curves").getBoundingClientRect(), w = box.width, h = Number($("curves").getAttribute("height"));
    const x = curveX(w), y = valueY(h), px = event.clientX - box.left, py = event.clientY - box.top;
    let found = null, least = 400;
    for (let t = 0; t < TRIALS; t++) {
      const epochs = epochsOf(t), values = T.values[t];
      for (let i = 0; i < values.length; i++) {
        if (values[i] === null) continue;
        const away = (x(epochs[i]) - px) ** 2 + (y(values[i]) - py) ** 2;
        if (away < least) { least = away; found = t; }
      }
    }
    return found;
  };
  fill();
  describe();
  saySo();
  drawAll();
  $("number").addEventListener("input", (e) => go(Number(e.target.value)));
  $("typed").addEventListener("change", (e) => go(Number(e.target.value)));
  $("back").addEventListener("click", () => go(record - 1));
  $("on").addEventListener("click", () => go(record + 1));
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("trial").addEventListener("input", (e) => follow(e.target.value === "" ? null : Number(e.target.value)));
  $("best").addEventListener("click", () => follow(D.best ? D.best.trial : null));
  $("none").addEventListener("click", () => follow(null));
  $("curves").addEventListener("click", (e) => follow(nearest(e)));
  addEventListener("resize", () => later(drawAll));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  matchMedia("print").addEventListener("change", drawAll);
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
