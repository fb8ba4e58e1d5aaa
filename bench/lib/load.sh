# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# Puts load on one server at a time and notes what came of it. Sourced by bench/run and bench/sweep.

# What the loads ask of the generator (class Workload) besides the number and size of the values.
declare -A words=(
  [p16]="pipeline=16"
  [p1]="pipeline=1"
  [http]="command=http"
  [set16]="command=set pipeline=16"
  [set1]="command=set"
  [own16]="command=getrange pipeline=16"
  [own1]="command=getrange"
  [one]="connections=1"
  [far]="connections=8"
  [flood]="pipeline=16"
)

# load LOAD SERVER WORD…: sets what the generator says.
load() {
  local load=$1 server=$2 at path=/keys
  shift 2
  at=${port[$server]:-}
  if [[ $load == http ]]; then
    at=${http_port[$server]}
    [[ $server != webdis ]] || path=/GET
  fi
  # shellcheck disable=SC2086
  generate "port=$at" "pid=${pid[$server]}" "path=$path" "connections=$clients" "keys=$keys" "value=$value_bytes" \
    "seconds=$seconds_each" ${words[$load]} ${constant[$server]:+constant=1} "$@"
}

# measure LOAD SERVER WORD…: one line of results; NAME says under which name, if not the server's.
measure() {
  local load=$1 server=$2
  shift 2
  say "$round: $load, ${label[$server]}, $((steps_left > 0 ? steps_left * (seconds_each * 10 + 4) / 10 : 0)) s left"
  load "$load" "$server" "$@"
  steps_left=$((steps_left - 1))
  printf '%s\t' "$load" "${name:-$server}" "$round" "$rate" "$cpu" "$p50" "$p99" "$p999" "$longest" >>"$results"
  echo "$own" >>"$results"
}

# rounds LOAD SERVER…: each in turn, so that a slow minute of the machine does not fall on one of them; the first round
# warms up.
rounds() {
  local load=$1 turn server
  shift
  for ((turn = 0; turn <= runs; turn++)); do
    round="round $turn of $runs"
    for server in "$@"; do
      if ((turn == 0)); then
        say "warm-up: $load, ${label[$server]}"
        load "$load" "$server"
      else
        measure "$load" "$server"
      fi
    done
  done
}

keyspace_misses() {
  redis-cli -p "${port[redis]}" info stats | tr -d '\r' | sed -n 's/^keyspace_misses://p'
}

declare -A hits_before=() misses_before=() hits_measured=()

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
    say "${label[$each]}: ${hits_measured[$each]} hits"
    [[ $(stat_of "$each" misses) == "${misses_before[$each]}" ]] || fail "there were misses among what is called hits"
  done
}

# The same rate for all, half of what the slowest of them does at most: latency when nothing is at its limit. Its time
# runs from when each request was meant to be sent.
measure_open() {
  local server turn slowest
  slowest=$(for server in "$@"; do column p1 "$server" 4 | median; done | sort -g | head -n 1)
  open_rate=$(awk -v r="$slowest" 'BEGIN { printf "%d", r / 2 / 1000 }')000
  words[open]="rate=$open_rate"
  rounds open "$@"
}

# Hits while others write straight to Redis keys that are in no cache: to the Redis behind the proxy, which announces
# each, or to another one, which costs the machine as much and the proxy nothing.
measure_flood() {
  local turn name target
  start_redis bystander bystander
  start_generator flood
  label[calm]="no writes"
  label[beside]="50,000 writes/s to another Redis"
  label[flooded]="50,000 writes/s to its Redis"
  for ((turn = 1; turn <= runs; turn++)); do
    round="flood, round $turn of $runs"
    for name in calm beside flooded; do
      target=bystander
      [[ $name != flooded ]] || target=redis
      if [[ $name != calm ]]; then
        ask flood "port=${port[$target]}" command=set "from=$((keys * 2))" "keys=$keys" connections=4 pipeline=10 rate=50000 \
          "seconds=$((seconds_each + 1))"
        sleep 0.5
      fi
      measure flood proxy
      [[ $name == calm ]] || hear flood
    done
  done
  stop flood
  stop bystander
}

# Redis 1 ms away there and back: for a client of its own, and for the proxy, whose clients are near.
measure_far() {
  start_relay relay "${port[redis]}" 500
  behind=relay start_proxy far "$java"
  label[far]="redis-proxy, Redis 1 ms away"
  label[redis_far]="redis-server, 1 ms away"
  port[redis_far]=${port[relay]}
  pid[redis_far]=${pid[redis]}
  fill far
  rounds far redis_far far
  unset 'pid[redis_far]'
  stop far
  stop relay
}

# GETs that have to be loaded: a proxy whose entries expire at once, one client, one request at a time.
measure_misses() {
  local misses
  start_proxy loading "$java" CACHE_EXPIRY=1ms
  label[loading]="redis-proxy, loading each value"
  hits_before[loading]=$(stat_of loading hits)
  misses=$(stat_of loading misses)
  rounds one redis "${extra_resp[@]}" loading
  share_missed=$(awk -v m="$(($(stat_of loading misses) - misses))" -v h="$(($(stat_of loading hits) - hits_before[loading]))" \
    'BEGIN { printf "%.1f", 100 * m / (m + h) }')
  stop loading
}

# From exec to the first value of a GET and to the first 200 of /health/live, in ms.
measure_start() {
  local turn resp admin
  for ((turn = 1; turn <= runs; turn++)); do
    find_port && resp=$free_port
    find_port && admin=$free_port
    find_port
    say "start-up, $turn of $runs"
    (bench_java start-up "$resp" "$admin" env REDIS_URL="redis://127.0.0.1:${port[redis]}/0" RESP_PORT="$resp" \
      ADMIN_PORT="$admin" HTTP_PORT="$free_port" "$java" @conf/jvm.options -jar "$jar") >>"$work/starts"
  done
}
