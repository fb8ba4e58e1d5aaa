# shellcheck shell=bash disable=SC2034,SC2154  # the parts share their variables
# What has to be there before anything is measured: programs, JDKs, a quiet machine. Sourced by bench/run.

say() {
  echo "bench: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

# program, Debian package, what is left out without it (nothing: it is needed)
programs='redis-server redis-server
redis-cli redis-tools
nutcracker nutcracker the rows of twemproxy
webdis webdis the row of webdis'

require_programs() {
  local program package left_out missing=()
  while read -r program package left_out; do
    command -v "$program" >/dev/null || missing+=("$package")
  done <<<"$programs"
  if ((${#missing[@]})) && ((EUID == 0)) && [[ -f /etc/debian_version ]]; then
    say "installing with apt-get: ${missing[*]}"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install "${missing[@]}"; } >&2 ||
      say "apt-get could not install all of them"
  fi
  while read -r program package left_out; do
    command -v "$program" >/dev/null && continue
    [[ -n $left_out ]] || fail "no $program; the Debian package is $package"
    say "no $program (Debian package $package): $left_out will be left out"
  done <<<"$programs"
}

# The JDK's feature number: 17, 25.
java_feature() {
  "$1" -version 2>&1 | sed -n '1s/^[^"]*"\(1\.\)\{0,1\}\([0-9]*\).*/\2/p'
}

java_build() {
  "$1" -version 2>&1 | sed -n 's/.*Runtime Environment.*(build \(.*\))$/\1/p' | head -n 1
}

# Prints the java under /usr/lib/jvm of the feature given, or without one, the newest.
find_java() {
  local candidate feature
  for candidate in /usr/lib/jvm/*/bin/java; do
    [[ -x $candidate ]] || continue
    feature=$(java_feature "$candidate")
    if [[ -z ${1:-} || $feature == "$1" ]]; then echo "$feature $candidate"; fi
  done | sort -n | tail -n 1 | cut -d ' ' -f 2
}

# Sets java and java17; the latter stays empty where there is no second JDK.
find_jdks() {
  java=$(find_java)
  java=${java:-java}
  if [[ -n ${JAVA_HOME:-} ]]; then java=$JAVA_HOME/bin/java; fi
  command -v "$java" >/dev/null || fail "no $java; set JAVA_HOME"
  java17=
  if [[ $(java_feature "$java") == 17 ]]; then return; fi
  java17=$(find_java 17)
  if [[ -n ${JAVA17_HOME:-} ]]; then java17=$JAVA17_HOME/bin/java; fi
  [[ -n $java17 ]] || say "no JDK 17 (JAVA17_HOME): its rows will be left out"
}

# The share of the CPU in use over a second, in percent.
cpu_busy() {
  local before after
  before=$(head -n 1 /proc/stat)
  sleep 1
  after=$(head -n 1 /proc/stat)
  printf '%s\n' "$before" "$after" | awk '
    { idle[NR] = $5 + $6; for (i = 2; i <= 9; i++) all[NR] += $i }
    END { d = all[2] - all[1]; printf "%.0f", d ? 100 * (d - idle[2] + idle[1]) / d : 0 }'
}

refuse_busy_machine() {
  busy_before=$(cpu_busy)
  if ((busy_before > 15)); then
    [[ ${FORCE:-0} == 1 ]] || fail "$busy_before % of the CPU is in use; figures would mean nothing (FORCE=1 measures all the same)"
    say "$busy_before % of the CPU is in use; going on, as FORCE=1 says"
  fi
}
