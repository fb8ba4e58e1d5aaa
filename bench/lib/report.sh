# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# Makes the report out of the results. Sourced by bench/run.
# A line of results: load, server, round, requests/s, CPU µs per request, p50, p99, p99.9 and longest in ms, and the load
# generator's own CPU µs per request.

median() {
  sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# column LOAD SERVER NUMBER
column() {
  awk -F '\t' -v l="$1" -v s="$2" -v c="$3" '$1 == l && $2 == s { print $c }' "$results"
}

# middle LOAD SERVER NUMBER: the median of a column.
middle() {
  column "$@" | median
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

# cpu_ratio LOAD OTHER_LOAD SERVER: the CPU of a request in relation to that of another load; the median of all rounds.
cpu_ratio() {
  awk -F '\t' -v l="$1" -v o="$2" -v s="$3" '
    $1 == l && $2 == s { cpu[$3] = $5 }
    $1 == o && $2 == s { base[$3] = $5 }
    END { for (r in cpu) if (base[r]) print cpu[r] / base[r] }' "$results" | median
}

# latencies LOAD SERVER…: what an open loop is for.
latencies() {
  local load=$1 each
  shift
  printf '| | requests/s | CPU µs per request | p50 ms | p99 ms | p99.9 ms | max ms |\n|---|---:|---:|---:|---:|---:|---:|\n'
  for each in "$@"; do
    printf '| %s | %.0f | %.2f | %.3f | %.3f | %.3f | %.3f |\n' "${label[$each]}" "$(middle "$load" "$each" 4)" \
      "$(middle "$load" "$each" 5)" "$(middle "$load" "$each" 6)" "$(middle "$load" "$each" 7)" \
      "$(middle "$load" "$each" 8)" "$(middle "$load" "$each" 9)"
  done
}

flood_loss() {
  awk -v r="$(ratios flood "$1" "$2" | median)" 'BEGIN { printf "%.1f %%", 100 * (1 - r) }'
}

starts() {
  cut -d ' ' -f "$1" "$work/starts" | median
}

version_of() {
  case $1 in
    redis-server) redis-server --version | sed 's/.* v=\([^ ]*\).*/\1/' ;;
    nutcracker) nutcracker --version 2>&1 | sed -n 's/^This is nutcracker-//p' ;;
    *) dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo '(version unknown)' ;;
  esac
}

environment() {
  local line each
  line="redis-server $(version_of redis-server)"
  for each in nutcracker webdis; do
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

write_report() {
  local each baseline=none
  ((${#extra_http[@]} == 0)) || baseline=webdis
  environment
  printf '\nThe load generator used %.2f µs of CPU for each request with pipeline 16, %.2f µs with pipeline 1.\n' \
    "$(middle p16 redis 10)" "$(middle p1 redis 10)"
  table "Hits: RESP, $clients connections, pipeline 16" p16 redis "${resp[@]}" limit
  table "Hits: RESP, $clients connections, 1 request at a time each" p1 redis "${resp[@]}" limit
  table "Hits: HTTP, $clients connections" http "$baseline" "${extra_http[@]}" "${proxies[@]}" limit_http
  printf '\nWhile hits were measured:'
  for each in "${proxies[@]}"; do
    printf ' %s: %s hits, 0 misses.' "${label[$each]}" "${hits_measured[$each]}"
  done
  printf '\n\n**Latency: RESP, %s connections, %s requests/s whatever the replies do**\n\n' "$clients" "$open_rate"
  latencies open "${passing[@]}"
  printf '\n**Hits under foreign writes: RESP, %s connections, pipeline 16**\n\n' "$clients"
  latencies flood calm beside flooded
  printf '\nThe writes cost %s of the hits; the announcing of them %s.\n' "$(flood_loss flooded calm)" "$(flood_loss flooded beside)"
  printf '\n**Redis 1 ms away: RESP hits, 8 connections, 1 request at a time each**\n\n'
  latencies far redis_far far
  printf '\n**Misses: RESP, 1 connection, 1 request at a time**\n\n'
  latencies one redis "${extra_resp[@]}" loading
  printf '\n%s %% of the GETs of the last row were loaded from Redis.\n' "$share_missed"
  table "Forwarded: SET, $clients connections, pipeline 16" set16 redis "${passing[@]}"
  table "Forwarded: SET, $clients connections, 1 request at a time each" set1 redis "${passing[@]}"
  table "Over the client's dedicated connection: GETRANGE, $clients connections, pipeline 16" own16 redis "${passing[@]}"
  table "Over the client's dedicated connection: GETRANGE, $clients connections, 1 request at a time each" own1 redis "${passing[@]}"
  printf '\n**Start-up:** %.0f ms from exec to the first value over RESP, %.0f ms to /health/live.\n' "$(starts 1)" "$(starts 2)"
}

# update_docs MARKER FILE: replaces what stands between the markers.
update_docs() {
  awk -v marker="$1" -v file="$2" '
    $0 == "<!-- /" marker " -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- " marker " -->" { inside = 1; while ((getline line < file) > 0) print line }' docs/performance.md >"$work/docs"
  cat "$work/docs" >docs/performance.md
}
