// Looks one key up. Keys and values are shown as text, never as markup.
import { count, size } from "/dashboard/charts.js";

function time(ms) {
  return ms < 1000 ? `${ms} ms` : ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${count(ms / 60_000)} min`;
}

function say(found, { held, missing, ageMs, leftMs, bytes, value, format, shown }) {
  const line = document.createElement("p");
  found.replaceChildren(line);
  if (!held) {
    line.textContent = "Not in the cache.";
    return;
  }
  const what = missing ? "known to be missing in Redis" : size(bytes);
  line.textContent = `In the cache: ${what}; loaded ${time(ageMs)} ago, ${time(leftMs)} left.`;
  if (value !== undefined) {
    const text = document.createElement("pre");
    text.tabIndex = 0;
    text.textContent = value;
    found.append(text);
    if (shown < bytes || format === "hex") {
      const note = document.createElement("p");
      note.className = "note";
      note.textContent = `${format === "hex" ? "In hexadecimal, for it is not text" : "As text"}; ${shown} of ${bytes} bytes.`;
      found.append(note);
    }
  }
}

export function lookUp(form, found) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const response = await fetch(`/peek?${new URLSearchParams(new FormData(form))}`);
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.detail);
      say(found, answer);
    } catch (failure) {
      found.textContent = `No answer: ${failure.message}`;
    }
  });
}
