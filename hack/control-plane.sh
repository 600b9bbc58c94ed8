#!/usr/bin/env bash
# Makes sure that binaries of a Kubernetes control plane exist and prints the directory that holds them.
#
#   hack/control-plane.sh [NAME...]
#
# NAME is etcd, kubectl, or one of Kubernetes' kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and kube-proxy; without one, etcd and
# kube-apiserver.
# The directory is the only thing on standard output; progress goes to standard error. Tried in this order:
#
#   1. $KUBEBUILDER_ASSETS, if it holds every NAME
#   2. the cache of this user, if it holds every NAME
#   3. setup-envtest's download (which has etcd, kube-apiserver and kubectl only), where the network has a way to it
#   4. a build from the Go modules of Kubernetes and etcd, into the cache: 5 to 10 minutes, once
#
# Environment:
#   K8S_VERSION         version of Kubernetes (default: the last of hack/kubernetes-versions, which are known to build)
#   KUBEBUILDER_ASSETS  binaries that are there already
#   XDG_CACHE_HOME      where caches live (default: ~/.cache)
#   http_proxy, https_proxy, GOPROXY, GOFLAGS, GOCACHE as usual

set -euo pipefail

readonly -a known=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly repository
version=${K8S_VERSION:-$(tail -n 1 "$repository/hack/kubernetes-versions")}
readonly version

say() { printf '%s\n' "control plane: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# has DIRECTORY NAME... says whether the directory holds every name as an executable file.
has() {
  local directory=$1 name
  shift
  for name in "$@"; do
    [[ -f $directory/$name && -x $directory/$name ]] || return 1
  done
}

# missing DIRECTORY NAME... prints those names that the directory lacks.
missing() {
  local directory=$1 name
  shift
  for name in "$@"; do
    has "$directory" "$name" || printf '%s\n' "$name"
  done
}

# --- the lock ---------------------------------------------------------------------------------------------------

# A directory is the lock: making one is atomic everywhere, while flock(1) is not. It names its owner, so that a lock
# whose owner was killed does not hold up the next run for ever.
lock() {
  local told=no owner nameless=0
  mkdir -p "$cache"
  until mkdir "$cache/.lock" 2>/dev/null; do
    owner=$(cat "$cache/.lock/pid" 2>/dev/null || true)
    if [[ -n $owner ]]; then nameless=0; else nameless=$((nameless + 1)); fi
    if ((nameless > 10)) || { [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null; }; then
      # Two waiting runs may both come here; renaming lets only one of them take the old lock away.
      if mv "$cache/.lock" "$cache/.lock.stale.$$" 2>/dev/null; then
        rm -rf "$cache/.lock.stale.$$"
      fi
      continue
    fi
    if [[ $told == no ]]; then
      say "waiting for another run (process ${owner:-unknown}) that fills $cache"
      told=yes
    fi
    sleep 1
  done
  locked=yes
  echo $$ >"$cache/.lock/pid"
}

# Ends what this run started and removes what it left half done.
clean_up() {
  if [[ -n $clock ]]; then kill "$clock" 2>/dev/null || true; fi
  if [[ -n $child ]]; then kill "$child" 2>/dev/null || true; fi
  if [[ -n $work ]]; then rm -rf "$work"; fi
  if [[ $locked == yes ]]; then rm -rf "$cache/.lock"; fi
}

# run LIMIT COMMAND... runs a command in the background and waits for it, at most LIMIT seconds; 0 is no limit. In the
# background, because bash handles a signal only between two commands, and while it waits.
run() {
  local limit=$1 status=0 ticks=0
  shift
  "$@" &
  child=$!
  if ((limit > 0)); then
    while kill -0 "$child" 2>/dev/null && ((ticks < limit * 10)); do
      sleep 0.1
      ticks=$((ticks + 1))
    done
    if ((ticks >= limit * 10)); then kill "$child" 2>/dev/null || true; fi
  fi
  wait "$child" || status=$?
  child=''
  return "$status"
}

# within DIRECTORY COMMAND... becomes that command, in that directory; for use with run.
within() {
  cd "$1" || exit 1
  shift
  exec "$@"
}

# --- setup-envtest ----------------------------------------------------------------------------------------------

# reachable says whether the host of setup-envtest's index answers. Building the tool takes longer than this question,
# and without a way to the host its own attempt ends in an error that helps nobody.
reachable() {
  [[ -n ${https_proxy:-${HTTPS_PROXY:-}} ]] || run 3 connect raw.githubusercontent.com 443
}

connect() { exec 3<>"/dev/tcp/$1/$2"; } 2>/dev/null

# download fills the cache through setup-envtest. It fails, quietly, where that is not possible.
download() {
  local directory name
  reachable || return 1
  say "asking setup-envtest for Kubernetes $version"
  run 180 within "$repository" go tool -modfile=go.tools.mod setup-envtest use "$version" \
    --bin-dir "$work/envtest" --print path >"$work/path" 2>"$work/log" || return 1
  directory=$(cat "$work/path")
  [[ -d $directory ]] || return 1
  for name in "$@"; do
    if [[ -f $directory/$name ]]; then
      cp "$directory/$name" "$work/$name"
      chmod 0755 "$work/$name"
      mv "$work/$name" "$cache/$name"
    fi
  done
}

# --- the build --------------------------------------------------------------------------------------------------

# write_module DIRECTORY writes the go.mod of a module that exists only to build Kubernetes' commands. Kubernetes'
# own go.mod takes its libraries from its staging directory, at version v0.0.0; outside of its repository each of
# them has to be replaced by the published version of the same release.
write_module() {
  local directory=$1 source
  source=$(cd "$directory" && GOFLAGS=-mod=mod go mod download -json "k8s.io/kubernetes@v$version" |
    awk -F '"' '$2 == "GoMod" { print $4 }') || return 1
  [[ -f $source ]] || return 1
  {
    echo "module controlplane"
    # The go and godebug lines count only in the main module, so they are repeated here.
    awk '$1 == "go" || $1 == "godebug" { print }' "$source"
    echo "require k8s.io/kubernetes v$version"
    awk -v release="v0.${version#1.}" '
      $1 == "require" && $2 ~ /^k8s\.io\// { $1 = $2; $2 = $3 }
      $1 ~ /^k8s\.io\// && $2 == "v0.0.0" && !seen[$1]++ { print "replace " $1 " => " $1 " " release }' "$source"
  } >"$directory/go.mod"
}

# compile DIRECTORY NAME... builds the names in the module of that directory, and leaves them there.
compile() {
  local directory=$1 name minor flags='-s -w' package
  local -a packages=()
  shift
  minor=${version#1.}
  minor=${minor%%.*}
  # Without these the binaries call themselves v0.0.0-master, which no client can compare with a version.
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=$minor"
    flags+=" -X $package.gitTreeState=archive"
  done
  for name in "$@"; do
    # etcd at the version that this Kubernetes is tested with; most of what it imports is compiled for Kubernetes anyway.
    if [[ $name == etcd ]]; then packages+=(go.etcd.io/etcd/server/v3); else packages+=("k8s.io/kubernetes/cmd/$name"); fi
  done
  run 0 within "$directory" env CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off \
    go build -trimpath -buildvcs=false -ldflags "$flags" -o "$directory/" "${packages[@]}" || return 1
  if [[ -f $directory/server ]]; then mv "$directory/server" "$directory/etcd"; fi
}

# clock_on prints the time that has passed since, twice a minute.
clock_on() {
  (
    # The sleep outlives the loop by some seconds; it must not hold a pipe open that somebody reads to its end.
    while sleep 30 >/dev/null 2>&1; do say "still building, $((SECONDS / 60)) min $((SECONDS % 60)) s"; done
  ) >&2 &
  clock=$!
}

build() {
  local -a names=("$@")
  local name
  command -v go >/dev/null || die "building needs Go: https://go.dev/doc/install"
  say "building ${names[*]} of Kubernetes $version from their Go modules"
  say "this takes up to 10 minutes on 2 cores, once; the result is kept in $cache"
  SECONDS=0
  mkdir -p "$work/module"
  clock_on
  write_module "$work/module" || die "the Go module k8s.io/kubernetes v$version cannot be had; see GOPROXY in 'go env'"
  compile "$work/module" "${names[@]}" >&2 || die "the build failed"
  kill "$clock" 2>/dev/null || true
  clock=''
  for name in "${names[@]}"; do
    mv "$work/module/$name" "$cache/$name" # a rename within the cache: nobody sees half a file
  done
  say "built in $((SECONDS / 60)) min $((SECONDS % 60)) s"
}

# --- what happens -----------------------------------------------------------------------------------------------

names=("$@")
[[ ${#names[@]} -gt 0 ]] || names=(etcd kube-apiserver)
for name in "${names[@]}"; do
  [[ " ${known[*]} " == *" $name "* ]] || die "unknown name '$name'; known: ${known[*]}"
done
[[ $version =~ ^1\.[0-9]+\.[0-9]+$ ]] || die "K8S_VERSION '$version' is not of the form 1.37.0"

if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
  if has "$KUBEBUILDER_ASSETS" "${names[@]}"; then
    echo "$KUBEBUILDER_ASSETS"
    exit 0
  fi
  say "KUBEBUILDER_ASSETS lacks $(missing "$KUBEBUILDER_ASSETS" "${names[@]}" | paste -sd ' ' -); using the cache instead"
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/oauth-operator/control-plane/$version-$(go env GOOS)-$(go env GOARCH)
readonly cache
if has "$cache" "${names[@]}"; then
  echo "$cache"
  exit 0
fi

locked=no clock='' child='' work=''
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
lock
rm -rf "$cache"/.work.* # of runs that were killed
work=$(mktemp -d "$cache/.work.XXXXXX")

# Another run may have filled the cache while this one waited.
wanted=()
while IFS= read -r name; do wanted+=("$name"); done < <(missing "$cache" "${names[@]}")
if [[ ${#wanted[@]} -gt 0 && " ${wanted[*]} " =~ \ (etcd|kube-apiserver|kubectl)\  ]]; then
  download "${wanted[@]}" || true
  wanted=()
  while IFS= read -r name; do wanted+=("$name"); done < <(missing "$cache" "${names[@]}")
fi
if [[ ${#wanted[@]} -gt 0 ]]; then build "${wanted[@]}"; fi

echo "$cache"
