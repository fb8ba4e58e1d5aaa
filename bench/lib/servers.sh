# shellcheck shell=bash
# Starts and stops what is measured, on free ports of loopback and in a directory of its own. Sourced by bench/run.

declare -A pid=() port=() http_port=() admin_port=() label=()
extra_resp=()
extra_http=()
proxies=()
load_pid=

stop_all() {
  trap '' INT TERM
  local each
  for each in $load_pid "${pid[@]}"; do
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

start_redis() {
  find_port
  port[redis]=$free_port
  start redis redis-server redis-server --bind 127.0.0.1 --port "$free_port" --dir "$work" --save '' --appendonly no
  await redis answers_ping "$free_port"
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

# start_proxy NAME JAVA [SETTING=VALUE…]
start_proxy() {
  local name=$1 java=$2 feature flags=()
  shift 2
  feature=$(java_feature "$java")
  if [[ -f conf/jvm.options ]]; then
    flags=(@conf/jvm.options)
  elif ((feature >= 25)); then
    flags=(-XX:+UseCompactObjectHeaders --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED)
  fi
  find_port && port[$name]=$free_port
  find_port && http_port[$name]=$free_port
  find_port && admin_port[$name]=$free_port
  start "$name" "redis-proxy, JDK $feature" env REDIS_URL="redis://127.0.0.1:${port[redis]}/0" \
    RESP_PORT="${port[$name]}" HTTP_PORT="${http_port[$name]}" ADMIN_PORT="${admin_port[$name]}" \
    CACHE_CAPACITY=100000 CACHE_EXPIRY=1h "$@" "$java" "${flags[@]}" -jar "$jar"
  await "$name" is_ok "${admin_port[$name]}" /health/ready
  if [[ $name == proxy* ]]; then proxies+=("$name"); fi
}

# stat_of PROXY NAME: one number of /stats.
stat_of() {
  http_get "${admin_port[$1]}" /stats | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"
}

# The CPU time of a server, all its threads, in clock ticks.
cpu_ticks() {
  sed 's/.*) //' "/proc/${pid[$1]}/stat" | awk '{ print $12 + $13 }'
}

# Prints one command for each key: the words given, KEY in place of the key.
for_each_key() {
  awk -v keys="$keys" -v words="$*" 'BEGIN {
    n = split(words, word, " ")
    for (k = 0; k < keys; k++) {
      printf "*%d\r\n", n
      for (i = 1; i <= n; i++) {
        w = word[i] == "KEY" ? sprintf("key:%012d", k) : word[i]
        printf "$%d\r\n%s\r\n", length(w), w
      }
    }
  }'
}

# Every key exactly once; redis-benchmark's own SETs would leave some out by chance.
seed() {
  say "seeding $keys keys"
  for_each_key SET KEY "$(printf "%0${value_bytes}d" 0 | tr 0 x)" | redis-cli -p "${port[redis]}" --pipe >/dev/null
  [[ $(redis-cli -p "${port[redis]}" dbsize) == "$keys" ]] || fail "not all keys could be written"
}

# Reads every key through each proxy once.
fill_proxies() {
  local each
  for each in "${proxies[@]}"; do
    for_each_key GET KEY | timeout 120 redis-cli -p "${port[$each]}" --pipe >/dev/null ||
      fail "not all keys could be read through ${label[$each]}"
    [[ $(stat_of "$each" entries) == "$keys" ]] || fail "not all keys are in the cache of ${label[$each]}"
  done
}
