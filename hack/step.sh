#!/usr/bin/env bash
# Runs one step of a longer job: prints its heading, runs the command, prints how long it took.
#
#   hack/step.sh [--tick] HEADING COMMAND...
#
# --tick prints a sign of life every 30 seconds, for commands that say nothing while they work. The lines in which Go names each module
# that it downloads are counted instead of shown.

set -uo pipefail

tick=
if [[ $1 == --tick ]]; then
  tick=1
  shift
fi
heading=$1
shift
printf '\n== %s\n' "$heading"
SECONDS=0
ticker=
if [[ -n $tick ]]; then
  (
    trap 'exit 0' TERM
    while sleep 30 >/dev/null 2>&1 & wait $!; do printf '   working, %d s\n' "$SECONDS"; done
  ) &
  ticker=$!
fi
downloads=$(mktemp)
trap 'rm -f "$downloads"; [[ -z $ticker ]] || kill "$ticker" 2>/dev/null' EXIT
exec 3>&1
{ "$@" 2>&1 1>&3 3>&- | awk -v count="$downloads" '
  /^go: downloading / { n++; next }
  { print; fflush() }
  END { if (n) print n > count }' >&2; } 3>&1
status=${PIPESTATUS[0]}
modules=$(cat "$downloads")
if ((status == 0)); then
  printf '   done in %d s%s\n' "$SECONDS" "${modules:+, $modules Go modules downloaded}"
else
  printf '   FAILED after %d s: %s\n' "$SECONDS" "$heading"
fi
exit "$status"
