# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# Measures reads other than GET, and a mix of commands. Used by bench/reads.

# How many hashes, sorted sets and sets there are, and how many of the strings are read.
read_keys=10000

mget_keys=100
reads=(get hget hlen exists hgetall zrange smembers mget)
declare -A read_name=(
  [get]="GET" [hget]="HGET" [hlen]="HLEN" [exists]="EXISTS" [hgetall]="HGETALL of 20 fields" [zrange]="ZRANGE of 20"
  [smembers]="SMEMBERS of 20" [mget]="MGET of $mget_keys"
)

# What is aimed at: with pipeline 16, and without.
declare -A target16=(
  [hget]="≥ 1.5 ×, CPU ≤ 1.25 × GET" [hlen]="≥ 1.5 ×, CPU ≤ 1.25 × GET" [exists]="≥ 1.5 ×, CPU ≤ 1.25 × GET"
  [hgetall]="≥ 2 ×" [mget]="≥ 3 ×, ≤ 15 µs"
)
declare -A target1=([hget]="≥ 1.1 ×" [hlen]="≥ 1.1 ×" [exists]="≥ 1.1 ×")

for each in "${reads[@]}"; do
  words[${each}16]="command=$each keys=$read_keys many=$mget_keys pipeline=16"
  words[${each}1]="command=$each keys=$read_keys many=$mget_keys"
done
words[mixed16]="command=mixed keys=$read_keys many=10 zipf=0.99 pipeline=16"
words[mixed1]="command=mixed keys=$read_keys many=10 zipf=0.99"

seed_reads() {
  local command
  for command in set hset zadd sadd; do
    seed redis "command=$command" "keys=$read_keys" pipeline=16
  done
  [[ $(redis-cli -p "${port[redis]}" dbsize) == "$((4 * read_keys))" ]] || fail "not all keys could be written"
}

# fill_reads PROXY: reads until a read of every key brings no miss. A reply with arguments is kept from its second load
# on, and the proxy remembers only some thousand first loads. In random order, no two keys displace each other for ever.
fill_reads() {
  local command turn before
  for command in "${reads[@]}"; do
    for ((turn = 0; ; turn++)); do
      before=$(stat_of "$1" misses)
      fill "$1" "command=$command" "keys=$read_keys" "many=$mget_keys"
      [[ $(stat_of "$1" misses) != "$before" ]] || break
      ((turn < 60)) || fail "not all replies to $command are kept"
      generate "port=${port[$1]}" "command=$command" "keys=$read_keys" "many=$mget_keys" "value=$value_bytes" seconds=1
    done
  done
}

# in_turn SERVER… -- LOAD…: each load on each server, round after round, so that loads can be compared, too; the first
# round warms up.
in_turn() {
  local servers=() turn load server
  while [[ $1 != -- ]]; do
    servers+=("$1")
    shift
  done
  shift
  for ((turn = 0; turn <= runs; turn++)); do
    round="round $turn of $runs"
    for load in "$@"; do
      for server in "${servers[@]}"; do
        if ((turn == 0)); then
          say "warm-up: $load, ${label[$server]}"
          load "$load" "$server"
        else
          measure "$load" "$server"
        fi
      done
    done
  done
}

declare -A read_hits=()
mixed_share=
mget_is_cached=

measure_reads() {
  local command misses hits
  misses=$(stat_of proxy misses)
  for command in "${reads[@]}"; do
    read_hits[$command]=$(command_hits proxy "$command")
  done
  in_turn redis proxy -- "${reads[@]/%/16}"
  in_turn redis proxy -- "${reads[@]/%/1}"
  [[ $(stat_of proxy misses) == "$misses" ]] || fail "there were misses among what is called hits"
  for command in "${reads[@]}"; do
    hits=$(command_hits proxy "$command")
    read_hits[$command]=$((hits - read_hits[$command]))
  done
  mget_is_cached=1
  for command in "${reads[@]}"; do
    ((read_hits[$command] == 0)) || continue
    [[ $command == mget ]] || fail "the cache answered no $command"
    mget_is_cached=
  done
}

# Last, for its writes leave keys out of the cache.
measure_mix() {
  local hits misses
  hits=$(stat_of proxy hits)
  misses=$(stat_of proxy misses)
  in_turn redis proxy -- mixed16 mixed1
  hits=$(($(stat_of proxy hits) - hits))
  misses=$(($(stat_of proxy misses) - misses))
  mixed_share=$(awk -v h="$hits" -v m="$misses" 'BEGIN { printf "%.1f", 100 * h / (h + m) }')
}

# reads_table PIPELINE: 16 or 1.
reads_table() {
  local command load target
  printf '| | redis-server, requests/s | redis-proxy, requests/s | × redis-server | CPU µs, redis-server | CPU µs, redis-proxy | × CPU of a GET hit | p50 ms | p99 ms | target |\n'
  printf '|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n'
  for command in "${reads[@]}"; do
    load=$command$1
    if [[ $1 == 16 ]]; then target=${target16[$command]:-}; else target=${target1[$command]:-}; fi
    printf '| %s | %s | %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %s |\n' "${read_name[$command]}" \
      "$(thousands "$(middle "$load" redis 4)")" "$(thousands "$(middle "$load" proxy 4)")" \
      "$(ratios "$load" proxy redis | median)" "$(middle "$load" redis 5)" "$(middle "$load" proxy 5)" \
      "$(cpu_ratio "$load" "get$1" proxy)" "$(middle "$load" proxy 6)" "$(middle "$load" proxy 7)" "$target"
  done
}

write_reads_report() {
  environment
  printf '\n**Cached reads: RESP, %s connections, pipeline 16**\n\n' "$clients"
  reads_table 16
  printf '\n**Cached reads: RESP, %s connections, 1 request at a time each**\n\n' "$clients"
  reads_table 1
  printf '\nNone of these reads was a miss.'
  [[ -n $mget_is_cached ]] || printf ' MGET was not answered by the cache, but forwarded.'
  printf '\n'
  table "Mixed: RESP, $clients connections, pipeline 16" mixed16 redis redis proxy
  table "Mixed: RESP, $clients connections, 1 request at a time each" mixed1 redis redis proxy
  printf '\n%s %% of the lookups of the mix were hits.\n' "$mixed_share"
}
