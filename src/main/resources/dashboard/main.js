// Follows /events and shows what they tell.
import { Charts, count, millis, percent, size } from "/dashboard/charts.js";
import { lookUp } from "/dashboard/key.js";

const AGAIN_MS = 2000;
const SILENT_MS = 5000;

const PURPOSES = { loader: "Loads", feed: "Being told what is written", dedicated: "Dedicated", borrowed: "Dedicated, borrowed", idle: "Dedicated, idle", kept: "Dedicated, kept by a client", waiting: "Clients that wait for one", shared: "Short writes", query: "Queries of all sessions" };
const at = (id) => document.getElementById(id);
const charts = new Charts(at("charts"));
let paused = false;
let past = null;
let heard = 0;

/** Only what changes is set, or a screen reader would say it every second. */
function say(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function banner(kind, state, why) {
  at("banner").className = kind;
  say("state", state);
  say("why", why);
  document.title = kind === "good" ? "redis-proxy" : `${state} – redis-proxy`;
  at("charts").classList.remove("stale");
}

/** How far what is kept can be believed, in one sentence. */
function judge({ redis, coherence, stuck }) {
  if (stuck.length) return ["bad", "An event loop is stuck", `${stuck.join(", ")} did not answer.`];
  if (!redis.connected && coherence.trust === "unverified")
    return ["bad", "Redis is out of reach", `What is cached is served unverified. ${redis.reason ?? ""}`];
  if (!redis.connected) return ["bad", "Redis is out of reach", `Nothing is served from the cache. ${redis.reason ?? ""}`];
  if (coherence.trust === "bypassed")
    return ["poor", "The cache is bypassed", `Redis answers but does not tell what is written. ${coherence.reason ?? ""}`];
  if (coherence.state === "expiry")
    return ["good", "Redis answers", `Entries are kept for their time alone: nobody tells what is written. ${coherence.reason ?? ""}`];
  return ["good", "All is well", "Redis answers and tells of every write: what is cached is verified."];
}

function lasted(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  return days ? `${days} d ${hours} h` : hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${seconds} s`;
}

function rows(id, cells) {
  at(id).replaceChildren(...cells.map((row) => {
    const line = document.createElement("tr");
    row.forEach((text, i) => {
      const cell = document.createElement(i ? "td" : "th");
      if (!i) cell.scope = "row";
      if (!i && id === "hot") cell.className = "key";
      cell.textContent = text;
      line.append(cell);
    });
    return line;
  }));
}

function name({ key, keyEncoding, digest }) {
  const text = digest ?? (keyEncoding ? `base64: ${key}` : key);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text || "(empty)";
}

function tiles(news) {
  const total = past.columns.filter((column) => /^(resp|http)\./.test(column)).reduce((sum, column) => sum + charts.now(column), 0);
  say("requests", count(total));
  say("ratio", percent(charts.now("hitRatio")));
  say("ratio-mean", charts.now("hitRatio") == null ? "nothing is looked up" : "of lookups");
  say("hit", millis(charts.now("p99.hit")));
  say("entries", count(charts.now("entries")));
  say("capacity", `of ${count(past.capacity)}`);
  say("bytes", size(charts.now("bytes")));
  say("max-bytes", `of ${size(past.maxBytes)}`);
  say("clients", count(news.resp + news.http));
  say("protocols", `${news.resp} RESP, ${news.http} HTTP`);
}

function show(news) {
  charts.draw();
  tiles(news);
  say("about", `before ${past.redis}, over ${news.transport}, up ${lasted(news.uptime)}`);
  at("about").title = `transport: ${news.transportReason}`;
  rows("connections", Object.entries(news.connections).map(([kind, open]) => [PURPOSES[kind] ?? kind, count(open)]));
  rows("commands", news.commands.map(({ command, hits, misses }) =>
    [command.toUpperCase(), count(hits), count(misses), percent(100 * hits / (hits + misses))]));
  say("commands-note", news.commands.length ? "Averages of the last minute." : "No lookups in the last minute.");
  rows("hot", news.hotKeys.map((hot) => [name(hot), String(hot.db), count(hot.rate)]));
  at("hot-note").hidden = news.hotKeys.length > 0;
}

function begin(event) {
  past = JSON.parse(event.data);
  heard = Date.now();
  say("version", past.version);
  if (!past.watchesHotKeys) say("hot-note", "Not looked for: dashboard.hot-keys is false.");
  const db = at("peek").elements.db;
  if (!db.value) db.value = past.database;
  charts.past(past);
}

function hear(event) {
  const news = JSON.parse(event.data);
  heard = Date.now();
  charts.add(news.point);
  banner(...judge(news));
  if (!paused) show(news);
}

function lost() {
  banner("bad", "No connection to the proxy", "What is shown is old. Trying again…");
  at("charts").classList.add("stale");
}

/** The browser tries again by itself, but not after every kind of failure: so this does. */
function follow() {
  const events = new EventSource("/events");
  heard = Date.now();
  const watch = setInterval(() => { if (Date.now() - heard > SILENT_MS) again(); }, 1000);
  const again = () => {
    clearInterval(watch);
    events.close();
    lost();
    setTimeout(follow, AGAIN_MS);
  };
  events.addEventListener("past", begin);
  events.addEventListener("now", hear);
  events.addEventListener("error", again);
}

at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", paused);
});
lookUp(at("peek"), at("found"));
follow();
