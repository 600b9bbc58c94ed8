#!/usr/bin/env bash
# Runs every fuzz target for a while, one after the other, and says how many inputs each has tried.
#
#   FUZZTIME=30s hack/fuzz.sh [PACKAGE...]
#
# Without packages it takes all. An input that breaks a target is kept by Go in testdata/fuzz beside it, from where `go test` tries it for ever: commit it with
# what mends it. What is merely interesting goes to Go's cache, and the next run goes on from there.

set -uo pipefail
cd "$(dirname "$0")/.."

time=${FUZZTIME:-30s}
mapfile -t targets < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' "${@:-.}" | sed -E 's|^(\./)?(.*)/[^/]*:func (.*)|./\2 \3|; s|^\./\./|./|' | sort -u)
if ((${#targets[@]} == 0)); then
  echo "there are no fuzz targets in ${*:-this directory}" >&2
  exit 1
fi
printf '\n== %d fuzz targets, %s each\n' "${#targets[@]}" "$time"
output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=0
for target in "${targets[@]}"; do
  read -r package name <<<"$target"
  if go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" >"$output" 2>&1; then
    printf '   %-34s %-24s %s\n' "$package" "$name" "$(grep -o 'execs: [0-9]*' "$output" | tail -n 1 | cut -d ' ' -f 2) inputs"
  else
    failed=$((failed + 1))
    printf '   %-34s %-24s FAILED\n' "$package" "$name"
    sed 's/^/      /' "$output"
  fi
done
if ((failed > 0)); then
  printf '   FAILED: %d of %d fuzz targets\n' "$failed" "${#targets[@]}"
  exit 1
fi
