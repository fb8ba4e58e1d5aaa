# shellcheck shell=bash
# Puts load on one server at a time and notes what came of it. Sourced by bench/run.

ticks_per_second=$(getconf CLK_TCK)
declare -A requests=() hits_before=() misses_before=() hits_measured=() misses_measured=()

# bounded SECONDS COMMAND…: in the background, so that Ctrl-C need not wait for it; output in $work/out.
bounded() {
  timeout "$@" >"$work/out" 2>"$work/err" &
  load_pid=$!
  if ! wait "$load_pid"; then
    tail -n 5 "$work/out" "$work/err" >&2
    fail "the load on ${label[$server]} failed"
  fi
  load_pid=
}

# redis_benchmark SERVER REQUESTS OPTION…: sets rate, p50 and p99 (ms).
# The rate is the last that it tells while it runs, for with threads its final one counts up to 250 ms of idling at the
# end; the final one is taken when all was over before it told any.
redis_benchmark() {
  local server=$1 count=$2
  shift 2
  bounded $((seconds_each * 20 + 60)) \
    redis-benchmark -h 127.0.0.1 -p "${port[$server]}" -r "$keys" -d "$value_bytes" -n "$count" "$@"
  rate=$(tr '\r' '\n' <"$work/out" | sed -n 's/.*(overall: \([0-9.]*\)) avg_msec.*/\1/p' | tail -n 1)
  [[ -n $rate ]] || rate=$(sed -n 's/.*throughput summary: \([0-9.]*\) requests.*/\1/p' "$work/out")
  read -r p50 p99 <<<"$(awk '/^latency summary/ { getline; getline; print $3, $5 }' <(tr '\r' '\n' <"$work/out" | sed 's/^ *//'))"
  if [[ -z $p99 || -z $rate ]]; then fail "redis-benchmark told no figures of ${label[$server]}"; fi
  done_requests=$count
}

# http_load SERVER SECONDS: the same with wrk.
http_load() {
  local server=$1 path=/keys/
  if [[ $server == webdis ]]; then path=/GET/; fi
  bounded $(($2 + 30)) wrk -t1 -c"$clients" -d"${2}s" -s bench/http.lua "http://127.0.0.1:${http_port[$server]}" \
    -- "$path" "$keys"
  local bad
  read -r rate p50 p99 done_requests bad <<<"$(sed -n 's/^figures //p' "$work/out")"
  [[ $bad == 0 ]] || fail "$bad responses of ${label[$server]} were not 2xx, or were lost"
}

# load_server LOAD SERVER SECONDS
load_server() {
  local load=$1 server=$2 seconds=$3 count=50000
  if [[ $load == *16 ]]; then count=500000; fi
  count=$(awk -v rate="${requests[$load,$server]:-$count}" -v s="$seconds" 'BEGIN { printf "%d", rate * s }')
  case $load in
    p16) redis_benchmark "$server" "$count" -t get -c "$clients" --threads 2 -P 16 ;;
    p1) redis_benchmark "$server" "$count" -t get -c "$clients" --threads 2 -P 1 ;;
    set16) redis_benchmark "$server" "$count" -t set -c "$clients" --threads 2 -P 16 ;;
    set1) redis_benchmark "$server" "$count" -t set -c "$clients" --threads 2 -P 1 ;;
    one) redis_benchmark "$server" "$count" -t get -c 1 -P 1 ;;
    http) http_load "$server" "$seconds" ;;
  esac
}

# Tells how long it will take; an overhead of 0.7 s for each measurement is assumed.
plan_time() {
  local each=$((${#resp_servers[@]} * 2 + ${#http_servers[@]}))
  steps_left=$((each * runs))
  say "$((each * 2)) warm-ups, then $runs rounds of $each measurements of $seconds_each s: about $((
    (each * 2 + steps_left + 8) * (seconds_each * 10 + 7) / 600 + 1)) min"
}

# Twice each, the first time to let the JIT compile, the second also to learn how many requests fill the time.
warm_up() {
  local pass load server
  for pass in 1 2; do
    for load in p16 p1 http; do
      local servers=("${resp_servers[@]}")
      [[ $load == http ]] && servers=("${http_servers[@]}")
      for server in "${servers[@]}"; do
        say "warm-up $pass of 2: $load, ${label[$server]}"
        load_server "$load" "$server" "$seconds_each"
        requests[$load,$server]=$rate
      done
    done
  done
}

# measure LOAD SERVER: one line of results.
measure() {
  local load=$1 server=$2 before after
  say "$round: $load, ${label[$server]} (about $((steps_left * (seconds_each * 10 + 7) / 10)) s left)"
  before=$(cpu_ticks "$server")
  load_server "$load" "$server" "$seconds_each"
  after=$(cpu_ticks "$server")
  awk -v OFS='\t' -v l="$load" -v s="$server" -v r="$round" -v rate="$rate" -v n="$done_requests" -v p50="$p50" -v p99="$p99" \
    -v cpu="$(((after - before)))" -v hz="$ticks_per_second" \
    'BEGIN { print l, s, r, rate, cpu / hz * 1e6 / n, p50, p99 }' >>"$results"
  steps_left=$((steps_left - 1))
}

keyspace_misses() {
  redis-cli -p "${port[redis]}" info stats | tr -d '\r' | sed -n 's/^keyspace_misses://p'
}

count_before() {
  local each
  redis_misses_before=$(keyspace_misses)
  for each in "${proxies[@]}"; do
    hits_before[$each]=$(stat_of "$each" hits)
    misses_before[$each]=$(stat_of "$each" misses)
  done
}

# The figures are those of hits only if nothing was a miss.
check_hits() {
  local each
  [[ $(keyspace_misses) == "$redis_misses_before" ]] || fail "keys were missing in redis-server"
  for each in "${proxies[@]}"; do
    hits_measured[$each]=$(($(stat_of "$each" hits) - hits_before[$each]))
    misses_measured[$each]=$(($(stat_of "$each" misses) - misses_before[$each]))
    say "${label[$each]}: ${hits_measured[$each]} hits and ${misses_measured[$each]} misses while measured"
    ((misses_measured[$each] == 0)) || fail "there were misses among what is called hits"
  done
}

# GETs that have to be loaded: a proxy whose entries expire at once, one client, one request at a time.
measure_misses() {
  local server misses
  say "misses: a proxy that keeps nothing, one client; about $(((${#extra_resp[@]} + 3) * (seconds_each + 1))) s"
  start_proxy loading "$java" CACHE_EXPIRY=1ms
  steps_left=$((${#extra_resp[@]} + 2))
  round=misses
  for server in redis "${extra_resp[@]}" loading; do
    requests[one,$server]=5000
    load_server one "$server" "$seconds_each"
    requests[one,$server]=$rate
    if [[ $server == loading ]]; then misses=$(stat_of loading misses); fi
    measure one "$server"
  done
  share_missed=$(awk -v m="$(($(stat_of loading misses) - misses))" -v n="$done_requests" \
    'BEGIN { printf "%.1f", 100 * m / n }')
  stop loading
}

# SETs, which every proxy passes on to redis-server; ours also invalidates what they write. After the hits, for it
# leaves nothing of them.
measure_forwarded() {
  local load server servers=(redis "${extra_resp[@]}" proxy)
  steps_left=$((${#servers[@]} * 2 * runs))
  for load in set16 set1; do
    for server in "${servers[@]}"; do
      load_server "$load" "$server" "$seconds_each"
      requests[$load,$server]=$rate
    done
  done
  for ((turn = 1; turn <= runs; turn++)); do
    round="forwarded, round $turn of $runs"
    for load in set16 set1; do
      for server in "${servers[@]}"; do
        measure "$load" "$server"
      done
    done
  done
}
