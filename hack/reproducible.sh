#!/usr/bin/env bash
# Proves that the images can be built again: builds them here, and from a copy of the sources in another directory that is no checkout, and compares the
# digests.
#
#   hack/reproducible.sh PLATFORMS COMMAND...

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
platforms=$1
shift
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard -- api cmd internal hack/image go.mod go.sum | tar --null -cf - -T - | tar -xf - -C "$copy"

digest() { (cd "$1/hack/image" && go run . --root=../.. --package="./cmd/$2" --version=test --platforms="$platforms"); }

status=0
for command in "$@"; do
  here=$(digest "$PWD" "$command")
  there=$(digest "$copy" "$command")
  if [[ $here == "$there" ]]; then
    printf '%s: %s\n' "$command" "$here"
  else
    printf '%s: %s here, %s from a copy of the sources\n' "$command" "$here" "$there" >&2
    status=1
  fi
done
exit "$status"
