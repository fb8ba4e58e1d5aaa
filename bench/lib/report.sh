# shellcheck shell=bash
# Makes the report out of the results. Sourced by bench/run.
# A line of results: load, server, round, requests/s, CPU µs per request, p50 and p99 in ms.

median() {
  sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# column LOAD SERVER NUMBER
column() {
  awk -F '\t' -v l="$1" -v s="$2" -v c="$3" '$1 == l && $2 == s { print $c }' "$results"
}

# ratios LOAD SERVER BASELINE: one for each round, so that what slowed a whole round cancels out.
ratios() {
  awk -F '\t' -v l="$1" -v s="$2" -v b="$3" '
    $1 == l && $2 == s { rate[$3] = $4 }
    $1 == l && $2 == b { base[$3] = $4 }
    END { for (r in rate) if (base[r]) print rate[r] / base[r] }' "$results"
}

# 1234567 as 1,235 k
thousands() {
  awk -v n="$1" 'BEGIN { k = sprintf("%.0f", n / 1000)
    print (length(k) > 3 ? substr(k, 1, length(k) - 3) "," substr(k, length(k) - 2) : k) " k" }'
}

# row LOAD SERVER BASELINE
row() {
  local rates ratio=–
  rates=$(column "$1" "$2" 4 | sort -g)
  [[ $3 == none ]] || ratio=$(printf '%.2f' "$(ratios "$1" "$2" "$3" | median)")
  printf '| %s | %s | %s .. %s | %s | %.2f | %.2f | %.2f |\n' "${label[$2]}" \
    "$(thousands "$(median <<<"$rates")")" "$(thousands "$(head -n 1 <<<"$rates")")" "$(thousands "$(tail -n 1 <<<"$rates")")" \
    "$ratio" "$(column "$1" "$2" 5 | median)" "$(column "$1" "$2" 6 | median)" "$(column "$1" "$2" 7 | median)"
}

# table TITLE LOAD BASELINE SERVER…
table() {
  local title=$1 load=$2 baseline=$3 against=${label[$3]:-baseline} each
  shift 3
  printf '\n**%s**\n\n' "$title"
  printf '| | requests/s | min .. max | × %s | CPU µs per request | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|---:|---:|\n' "$against"
  for each in "$@"; do
    row "$load" "$each" "$baseline"
  done
}

misses_table() {
  printf '\n**Misses: RESP, 1 connection, 1 request at a time, measured once**\n\n'
  printf '| | requests/s | CPU µs per request | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|\n'
  local each
  label[loading]="redis-proxy, loading each value"
  for each in redis "${extra_resp[@]}" loading; do
    printf '| %s | %.0f | %.1f | %.3f | %.3f |\n' "${label[$each]}" \
      "$(column one "$each" 4)" "$(column one "$each" 5)" "$(column one "$each" 6)" "$(column one "$each" 7)"
  done
  printf '\n%s %% of the GETs of the last row were loaded from Redis.\n' "$share_missed"
}

version_of() {
  case $1 in
    redis-server) redis-server --version | sed 's/.* v=\([^ ]*\).*/\1/' ;;
    nutcracker) nutcracker --version 2>&1 | sed -n 's/^This is nutcracker-//p' ;;
    wrk) { wrk -v || true; } 2>&1 | sed -n '1s/^wrk \([^ ]*\).*/\1/p' ;;
    *) dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo '(version unknown)' ;;
  esac
}

environment() {
  local line each
  line="redis-server $(version_of redis-server)"
  for each in nutcracker webdis wrk; do
    if command -v "$each" >/dev/null; then line+=", $each $(version_of "$each")"; fi
  done
  line+=", JDK $(java_build "$java")"
  [[ -z $java17 ]] || line+=" and $(java_build "$java17")"
  echo "Measured on $(date -u +%Y-%m-%d): $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores," \
    "Linux $(uname -r); servers and load generator share the cores. $line." \
    "redis-proxy $(git describe --always --dirty 2>/dev/null || echo '(commit unknown)')." \
    "Medians of $runs rounds of $seconds_each s; $busy_before % of the CPU was in use before the start, $busy_after % after the end."
  if [[ $quick == 1 ]]; then printf '\nA quick run: it shows that everything works; the figures mean little.\n'; fi
}

hits_and_misses() {
  local each
  printf '\nWhile measured:'
  for each in "${proxies[@]}"; do
    printf ' %s: %s hits, %s misses.' "${label[$each]}" "${hits_measured[$each]}" "${misses_measured[$each]}"
  done
  printf '\n'
}

write_report() {
  local baseline=none
  ((${#extra_http[@]} == 0)) || baseline=webdis
  mkdir -p "$(dirname "$report")"
  {
    environment
    table "Hits: RESP, $clients connections, pipeline 16" p16 redis "${resp_servers[@]}"
    table "Hits: RESP, $clients connections, 1 request at a time each" p1 redis "${resp_servers[@]}"
    if ((${#http_servers[@]})); then
      table "Hits: HTTP, $clients connections" http "$baseline" "${extra_http[@]}" "${proxies[@]}"
    fi
    hits_and_misses
    misses_table
    table "Forwarded: SET, $clients connections, pipeline 16" set16 redis redis "${extra_resp[@]}" proxy
    table "Forwarded: SET, $clients connections, 1 request at a time each" set1 redis redis "${extra_resp[@]}" proxy
  } >"$report"
}

# Replaces what stands between the markers.
update_docs() {
  awk -v report="$report" '
    /^<!-- \/bench -->$/ { inside = 0 }
    !inside { print }
    /^<!-- bench -->$/ { inside = 1; while ((getline line < report) > 0) print line }' docs/performance.md >"$work/docs"
  cat "$work/docs" >docs/performance.md
}
