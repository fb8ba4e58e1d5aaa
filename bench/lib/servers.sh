# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# Starts and stops what is measured, on free ports of loopback and in a directory of its own. Sourced by bench/run.

declare -A constant=() pid=() port=() http_port=() admin_port=() label=() transport=() asks=() hears=()
extra_resp=()
extra_http=()
proxies=()

stop_all() {
  trap '' INT TERM
  local each
  for each in "${pid[@]}"; do
    kill "$each" 2>/dev/null || true
  done
  local deadline=$((SECONDS + 10))
  for each in "${pid[@]}"; do
    while kill -0 "$each" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
    kill -9 "$each" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$work"
}

stop() {
  kill "${pid[$1]}" 2>/dev/null || true
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

# Sets free_port; below the ports that the kernel gives out by itself, and never the same twice.
last_port=$((20000 + RANDOM % 8000))
find_port() {
  while ((++last_port)); do
    (: <"/dev/tcp/127.0.0.1/$last_port") 2>/dev/null || break
  done
  free_port=$last_port
}

# start NAME LABEL COMMAND…: its output goes to a file, shown when it does not come up.
start() {
  local name=$1
  label[$name]=$2
  shift 2
  "$@" >"$work/$name.log" 2>&1 &
  pid[$name]=$!
}

# await NAME COMMAND…: until the command succeeds, for 30 s.
await() {
  local name=$1 deadline=$((SECONDS + 30))
  shift
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "${pid[$name]}" 2>/dev/null || ((SECONDS >= deadline)); then
      tail -n 20 "$work/$name.log" >&2
      fail "${label[$name]} did not come up"
    fi
    sleep 0.1
  done
}

answers_ping() {
  [[ $(redis-cli -p "$1" ping) == PONG ]]
}

# http_get PORT PATH: prints the response, head and all.
http_get() {
  local fd
  exec {fd}<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&"$fd"
  timeout 5 cat <&"$fd"
  exec {fd}>&-
}

is_ok() {
  [[ $(http_get "$1" "$2" | head -n 1) == HTTP/1.?\ 200* ]]
}

# start_redis NAME LABEL
start_redis() {
  find_port
  port[$1]=$free_port
  start "$1" "$2" redis-server --bind 127.0.0.1 --port "$free_port" --dir "$work" --save '' --appendonly no --maxclients 20000
  await "$1" answers_ping "$free_port"
}

start_twemproxy() {
  command -v nutcracker >/dev/null || return 0
  find_port
  port[twemproxy]=$free_port
  cat >"$work/nutcracker.yml" <<END
bench:
  listen: 127.0.0.1:$free_port
  redis: true
  servers:
   - 127.0.0.1:${port[redis]}:1
END
  find_port
  start twemproxy twemproxy nutcracker -c "$work/nutcracker.yml" -a 127.0.0.1 -s "$free_port" -v 4
  await twemproxy answers_ping "${port[twemproxy]}"
  extra_resp+=(twemproxy)
}

# With the threads that its package sets.
start_webdis() {
  command -v webdis >/dev/null || return 0
  find_port
  http_port[webdis]=$free_port
  cat >"$work/webdis.json" <<END
{"redis_host": "127.0.0.1", "redis_port": ${port[redis]}, "http_host": "127.0.0.1", "http_port": $free_port,
 "threads": 2, "daemonize": false, "database": 0, "verbosity": 0, "logfile": "$work/webdis.out"}
END
  start webdis webdis webdis "$work/webdis.json"
  await webdis is_ok "$free_port" /PING
  extra_http+=(webdis)
}

# start_proxy NAME JAVA [SETTING=VALUE…]; before redis, or before $behind.
start_proxy() {
  local name=$1 java=$2
  shift 2
  find_port && port[$name]=$free_port
  find_port && http_port[$name]=$free_port
  find_port && admin_port[$name]=$free_port
  start "$name" "redis-proxy, JDK $(java_feature "$java")" env REDIS_URL="redis://127.0.0.1:${port[${behind:-redis}]}/0" \
    RESP_PORT="${port[$name]}" HTTP_PORT="${http_port[$name]}" ADMIN_PORT="${admin_port[$name]}" \
    CACHE_CAPACITY=100000 CACHE_EXPIRY=1h CACHE_COMMANDS="$cached" "$@" "$java" @conf/jvm.options ${heap:+"$heap"} -jar "$jar"
  await "$name" is_ok "${admin_port[$name]}" /health/ready
  transport[$name]=$(stat_of "$name" transport)
  label[$name]+=", ${transport[$name]}"
}

# stat_of PROXY NAME: one number or word of /stats; the first of this name.
stat_of() {
  local stats
  stats=$(http_get "${admin_port[$1]}" /stats)
  [[ ! $stats =~ \"$2\":\"?([0-9a-z_]*) ]] || echo "${BASH_REMATCH[1]}"
}

# command_hits PROXY COMMAND: 0 if the command was never looked up in the cache.
command_hits() {
  local stats
  stats=$(http_get "${admin_port[$1]}" /stats)
  if [[ $stats =~ \"$2\":\{\"hits\":([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; else echo 0; fi
}

# The JVM of what bench/run brings along (src/test/java/redisproxy/bench).
bench_java() {
  exec "$java" @conf/jvm.options -Xmx1g -XX:+UseSerialGC -cp "target/test-classes:$(<"$classpath")" redisproxy.bench.Bench "$@"
}

# start_generator NAME: one that takes workloads for as long as this runs; ask and hear talk to it.
start_generator() {
  local fd
  mkfifo "$work/$1.in" "$work/$1.out"
  exec {fd}<>"$work/$1.in"
  asks[$1]=$fd
  exec {fd}<>"$work/$1.out"
  hears[$1]=$fd
  label[$1]=$1
  bench_java generate <"$work/$1.in" >"$work/$1.out" 2>"$work/$1.log" &
  pid[$1]=$!
}

# ask GENERATOR WORD…: a workload.
ask() {
  local name=$1
  shift
  echo "$*" >&"${asks[$name]}"
}

# hear GENERATOR: sets what came of it.
hear() {
  local outcome
  read -r -t 300 -u "${hears[$1]}" outcome rate requests p50 p99 p999 longest cpu own checked || outcome=silent
  [[ $outcome == ok ]] || fail "the load generator: $outcome $rate $requests $p50 $p99 $p999 $longest $cpu $own $checked"
}

# generate WORD…: a workload and what came of it, as said by class Workload and record Measured.
generate() {
  ask generator "$@"
  hear generator
}

# Netty and vertx-web answering a constant: what such servers could do at most.
start_limits() {
  find_port
  port[limit]=$free_port
  start limit "Netty answering a constant" bench_java constant-resp "$free_port" "$get_bytes" "$value_bytes"
  find_port
  http_port[limit_http]=$free_port
  start limit_http "vertx-web answering a constant" bench_java constant-http "$free_port" "$value_bytes"
  await limit_http is_ok "$free_port" /keys/any
  constant[limit]=1
  constant[limit_http]=1
}

# start_relay NAME TARGET MICROS: a port whose every byte goes on after so long.
start_relay() {
  find_port
  port[$1]=$free_port
  start "$1" "$1" bench_java relay "$free_port" "$2" "$3"
  await "$1" answers_ping "$free_port"
}

# seed SERVER WORD…: every key exactly once.
seed() {
  local server=$1
  shift
  generate "port=${port[$server]}" command=set once=1 "keys=$keys" "value=$value_bytes" "$@"
}

# fill PROXY WORD…: reads every key once.
fill() {
  local proxy=$1
  shift
  generate "port=${port[$proxy]}" once=1 "keys=$keys" "value=$value_bytes" "$@"
}
