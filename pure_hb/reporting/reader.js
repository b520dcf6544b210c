// WHAT DOES A READER SEE AND DO? One decision with its rungs, words for every chart, and what keys and mouse do.

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
