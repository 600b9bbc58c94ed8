#!/usr/bin/env bash
# Checks that generated files are current: keeps a copy, generates again, compares. The working tree need not be clean.
#
#   hack/verify.sh PATH...
#
# The PATHs are the files and directories that `make generate manifests` writes to. When they differ, the new files stay,
# ready to be committed, and the difference is printed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT

for path in "$@"; do
  mkdir -p "$before/$(dirname "$path")"
  if [[ -e $path ]]; then cp -R "$path" "$before/$path"; fi
done

make --no-print-directory generate manifests

status=0
for path in "$@"; do
  diff -ruN "$before/$path" "$path" || status=1
done
if ((status != 0)); then
  echo "The generated files were out of date and have been generated again: look at them and commit them." >&2
fi
exit "$status"
