# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# Measures many clients. Used by bench/clients.

declare -A connections_seen=()

# measure_connections SERVER…: how many connections redis-server has while each server has its load.
measure_connections() {
  local server
  for server in "$@"; do
    # shellcheck disable=SC2086
    ask generator "port=${port[$server]}" "value=$value_bytes" seconds=3 ${words[many]}
    sleep 3
    connections_seen[$server]=$(connected_clients)
    hear generator
  done
}

connected_clients() {
  redis-cli -p "${port[redis]}" info clients | tr -d '\r' | sed -n 's/^connected_clients://p'
}

# clients_table LOAD TITLE SERVER…
clients_table() {
  local load=$1 title=$2 each ratio
  shift 2
  printf '\n**%s**\n\n' "$title"
  printf '| | requests/s | × redis-server | × twemproxy | CPU µs per request | p50 ms | p99 ms |\n|---|---:|---:|---:|---:|---:|---:|\n'
  for each in "$@"; do
    ratio=–
    [[ -z ${port[twemproxy]:-} || -z $(column "$load" twemproxy 4) ]] ||
      ratio=$(printf '%.2f' "$(ratios "$load" "$each" twemproxy | median)")
    printf '| %s | %s | %.2f | %s | %.2f | %.2f | %.2f |\n' "${label[$each]}" "$(thousands "$(middle "$load" "$each" 4)")" \
      "$(ratios "$load" "$each" redis | median)" "$ratio" "$(middle "$load" "$each" 5)" "$(middle "$load" "$each" 6)" \
      "$(middle "$load" "$each" 7)"
  done
}

write_clients_report() {
  local each
  environment
  clients_table many "$many clients, $((many / 100)) active at a time, a quarter scripts and sorts" "${servers[@]}"
  printf '\nConnections at Redis while each of these had this load, with those that the others keep open:'
  for each in "${servers[@]}"; do
    printf ' %s: %d.' "${label[$each]}" "${connections_seen[$each]}"
  done
  printf '\n'
  clients_table half "$((many / 2)) clients, $((many / 100)) active at a time" redis proxy unpooled
  clients_table eval1 "EVAL of a GET: $clients connections, 1 request at a time each" "${servers[@]}" unpooled
  clients_table sort1 "SORT of 20 numbers: $clients connections, 1 request at a time each" "${servers[@]}" unpooled
  clients_table eval16 "EVAL of a GET: $clients connections, pipeline 16" "${servers[@]}" unpooled
  clients_table sort16 "SORT of 20 numbers: $clients connections, pipeline 16" "${servers[@]}" unpooled
}
