#!/usr/bin/env bash
# Runs one step of a longer job: prints its heading, runs the command, prints how long it took.
#
#   hack/step.sh HEADING COMMAND...

set -uo pipefail

heading=$1
shift
printf '\n== %s\n' "$heading"
SECONDS=0
"$@"
status=$?
if ((status == 0)); then
  printf '   done in %d s\n' "$SECONDS"
else
  printf '   FAILED after %d s: %s\n' "$SECONDS" "$heading"
fi
exit "$status"
