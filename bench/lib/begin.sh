# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# What bench/run, bench/reads and bench/sweep begin with: settings, programs, a quiet machine, and that everything ends with them.

quick=${QUICK:-0}
if [[ $quick == 1 ]]; then
  : "${RUNS:=2}" "${SECONDS_EACH:=1}"
fi
runs=${RUNS:-5}
seconds_each=${SECONDS_EACH:-3}
for number in "$runs" "$seconds_each"; do
  if [[ ! $number =~ ^[1-9][0-9]{0,2}$ ]]; then
    echo "bench: RUNS and SECONDS_EACH are whole numbers from 1 to 999, not '$number'" >&2
    exit 2
  fi
done

keys=50000
value_bytes=64
clients=50
get_bytes=36
# GETRANGE is measured as a read that is not cached.
cached=default,-getrange
jar=target/redis-proxy.jar
classpath=target/test-classpath
work=$(mktemp -d)
results=$work/results

for part in tools servers load reads clients report chart; do
  # shellcheck source=/dev/null
  . "bench/lib/$part.sh"
done
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[[ -f $jar && -f $classpath ]] || fail "no $jar or $classpath; 'make bench' makes them"
require_programs
find_jdks
refuse_busy_machine
