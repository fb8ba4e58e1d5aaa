# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# Draws the ratios of the report as a small SVG. Sourced by bench/run.

# chart_lines TITLE LOAD BASELINE SERVER…: a title, then each server's ratio to the baseline.
chart_lines() {
  local load=$2 baseline=$3 each
  printf 'title\t%s\n' "$1"
  shift 3
  for each in "$@"; do
    printf '%s\t%s\n' "${label[$each]}" "$(ratios "$load" "$each" "$baseline" | median)"
  done
}

write_chart() {
  {
    chart_lines "RESP, pipeline 16, relative to redis-server" p16 redis "${resp[@]}"
    chart_lines "RESP, pipeline 1, relative to redis-server" p1 redis "${resp[@]}"
    if ((${#extra_http[@]})); then
      chart_lines "HTTP, relative to webdis" http webdis "${extra_http[@]}" "${proxies[@]}"
    fi
  } | awk -F '\t' '
    { name[NR] = $1; value[NR] = $2; if ($1 != "title" && $2 > most) most = $2 }
    END {
      for (i = 1; i <= NR; i++) height += name[i] == "title" ? 34 : 22
      printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 %d\" role=\"img\" aria-label=\"Hits per second, relative to redis-server and webdis\">\n", height + 12
      print "<style>.back{fill:#fff}text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.bar{fill:#8c959f}.own{fill:#0969da}"
      print "@media (prefers-color-scheme:dark){.back{fill:#0d1117}text{fill:#e6edf3}.bar{fill:#6e7681}.own{fill:#58a6ff}}</style>"
      printf "<rect class=\"back\" width=\"640\" height=\"%d\" rx=\"6\"/>\n", height + 12
      for (i = 1; i <= NR; i++) {
        if (name[i] == "title") {
          y += 34
          printf "<text class=\"title\" x=\"8\" y=\"%d\">Hits: %s</text>\n", y - 8, value[i]
          continue
        }
        printf "<text x=\"8\" y=\"%d\">%s</text>", y + 15, name[i]
        printf "<rect class=\"%s\" x=\"205\" y=\"%d\" width=\"%.1f\" height=\"16\" rx=\"2\"/>", name[i] ~ /^redis-proxy/ ? "own" : "bar", y + 2, 370 * value[i] / most
        printf "<text x=\"%.1f\" y=\"%d\">%.2f</text>\n", 213 + 370 * value[i] / most, y + 15, value[i]
        y += 22
      }
      print "</svg>"
    }'
}
