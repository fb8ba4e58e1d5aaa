// Draws the points of the last minutes, and tells the same as tables.
/* global uPlot */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export function count(n) {
  return n == null ? "–" : n >= 1e5 ? short.format(n) : n >= 10 || n === 0 ? whole.format(n) : String(+n.toFixed(1));
}

export function size(n) {
  if (n == null) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${n >= 100 || i === 0 ? whole.format(n) : n.toFixed(1)} ${units[i]}`;
}

export function millis(n) {
  if (n == null) return "–";
  if (n < 1) return `${whole.format(n * 1000)} µs`;
  return n < 1000 ? `${+n.toPrecision(3)} ms` : `${+(n / 1000).toPrecision(3)} s`;
}

export function percent(n) {
  return n == null ? "–" : `${+n.toFixed(1)} %`;
}

const sum = (...names) => (at) => names.reduce((total, name) => total + (at(name) ?? 0), 0);
const one = (name) => (at) => at(name);

/** Each chart: its title, how its numbers read, and its lines. */
const CHARTS = [
  { title: "Requests", unit: "a second, by what became of them", show: count, lines: [
    ["RESP hit", one("resp.hit")], ["RESP miss", sum("resp.miss", "resp.failed")],
    ["RESP forwarded", sum("resp.shared", "resp.dedicated")], ["RESP other", sum("resp.local", "resp.refused")],
    ["HTTP hit", one("http.hit")], ["HTTP miss", sum("http.miss", "http.failed")]] },
  { title: "Hit ratio", unit: "per cent of lookups", show: percent, max: 100, lines: [["Hit ratio", one("hitRatio")]] },
  { title: "Half are answered within", unit: "", show: millis, log: true, lines: [
    ["Hit", one("p50.hit")], ["Miss", one("p50.miss")], ["Forwarded", one("p50.shared")]] },
  { title: "99 in 100 are answered within", unit: "", show: millis, log: true, lines: [
    ["Hit", one("p99.hit")], ["Miss", one("p99.miss")], ["Forwarded", one("p99.shared")]] },
  { title: "The cache is full to", unit: "per cent of what it may hold", show: percent, max: 100, lines: [
    ["Entries", (at, limits) => 100 * at("entries") / limits.capacity],
    ["Bytes", (at, limits) => 100 * at("bytes") / limits.maxBytes]] },
  { title: "Entries dropped", unit: "a second", show: count, lines: [
    ["Invalidated", one("invalidations")], ["Evicted", one("evictions")], ["Expired", one("expirations")]] },
];

// Told apart by more than their colours.
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 4]];

function element(name, text = "", parent = null) {
  const made = document.createElement(name);
  made.textContent = text;
  parent?.append(made);
  return made;
}

function swatch(line) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const marks = { x1: 0, x2: 18, y1: 4, y2: 4, stroke: `var(--c${line + 1})`, "stroke-width": 3, "stroke-dasharray": DASHES[line].join(" ") };
  for (const [name, value] of Object.entries(marks)) stroke.setAttribute(name, value);
  svg.setAttribute("viewBox", "0 0 18 8");
  svg.setAttribute("aria-hidden", "true");
  svg.append(stroke);
  return svg;
}

export class Charts {
  #limits = { capacity: 1, maxBytes: 1 };
  #index = new Map();
  #points = [];
  #most = 300;
  #charts = [];

  constructor(parent) {
    this.#charts = CHARTS.map((spec) => this.#frame(spec, parent));
    new ResizeObserver(() => this.#build()).observe(parent);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#build());
  }

  /** Begins anew with what has been. */
  past(past) {
    this.#limits = past;
    this.#index = new Map(past.columns.map((name, i) => [name, i]));
    this.#points = past.points;
    this.#most = past.most;
    this.#build();
  }

  add(point) {
    this.#points.push(point);
    if (this.#points.length > this.#most) this.#points.shift();
  }

  /** A number of the newest point. */
  now(name) {
    return this.#points.at(-1)?.[this.#index.get(name)];
  }

  #frame(spec, parent) {
    const figure = element("figure", "", parent);
    const caption = element("figcaption", `${spec.title} `, figure);
    element("span", spec.unit, caption);
    const plot = element("div", "", figure);
    plot.className = "plot";
    plot.setAttribute("aria-hidden", "true");
    if (spec.lines.length > 1) {
      const legend = element("ul", "", figure);
      legend.className = "legend";
      spec.lines.forEach(([name], i) => element("li", name, legend).prepend(swatch(i)));
    }
    const details = element("details", "", figure);
    element("summary", "As a table", details).setAttribute("aria-label", `${spec.title} as a table`);
    const table = element("table", "", details);
    const head = element("tr", "", element("thead", "", table));
    for (const title of ["", "Now", "Mean", "Least", "Most"]) element("th", title, head).scope = "col";
    const body = element("tbody", "", table);
    details.addEventListener("toggle", () => this.draw());
    return { spec, plot, details, body, uplot: null };
  }

  #values(read) {
    return this.#points.map((point) => read((name) => point[this.#index.get(name)], this.#limits));
  }

  #data(chart) {
    const times = this.#points.map((point) => point[0]);
    return [times, ...chart.spec.lines.map(([, read]) => this.#values(read))];
  }

  /** The whole span, also while there are few points yet. */
  #span() {
    const last = this.#points.at(-1)?.[0] ?? Date.now() / 1000;
    return [last - this.#most, last];
  }

  #build() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    for (const chart of this.#charts) {
      chart.uplot?.destroy();
      chart.uplot = new uPlot(this.#options(chart, colour), this.#data(chart), chart.plot);
    }
    this.draw();
  }

  #options({ spec, plot }, colour) {
    const axis = { stroke: colour("--dim"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    // Of a logarithmic scale only the powers of ten.
    const filter = (u, splits) => splits.map((n) => (spec.log && Math.abs(Math.log10(n) % 1) > 1e-9 ? null : n));
    const range = spec.max ? [0, spec.max] : spec.log ? (u, low, high) => uPlot.rangeLog(low ?? 0.01, high ?? 1, 10, true) : (u, low, high) => [0, Math.max(1, (high ?? 0) * 1.1)];
    return {
      width: plot.clientWidth, height: plot.clientHeight, legend: { show: false }, cursor: { y: false, points: { size: 6 } },
      scales: { x: { time: true, range: () => this.#span() }, y: { range, distr: spec.log ? 3 : 1 } },
      axes: [
        { ...axis, size: 28, values: [[60, "{HH}:{mm}", null, null, null, null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]], incrs: [60, 120, 300], space: 45 },
        { ...axis, grid: { ...axis.grid, filter }, size: 62, values: (u, splits) => splits.map((n) => (n == null ? "" : spec.show(n))) }],
      series: [{}, ...spec.lines.map(([label], i) => ({ label, stroke: colour(`--c${i + 1}`), width: 2, dash: DASHES[i], spanGaps: false, points: { show: false } }))],
    };
  }

  draw() {
    for (const chart of this.#charts) {
      chart.uplot?.setData(this.#data(chart));
      if (chart.details.open) this.#tell(chart);
    }
  }

  #tell({ spec, body }) {
    body.replaceChildren(...spec.lines.map(([name, read]) => {
      const row = element("tr");
      element("th", name, row).scope = "row";
      const all = this.#values(read);
      const known = all.filter((value) => value != null);
      const mean = known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
      const ends = known.length ? [Math.min(...known), Math.max(...known)] : [null, null];
      for (const value of [all.at(-1), mean, ...ends]) element("td", spec.show(value), row);
      return row;
    }));
  }
}
