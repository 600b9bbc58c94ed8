#!/usr/bin/env bash
# Runs the end-to-end tests in test/e2e, on a cluster that it makes and removes again.
#
#   hack/e2e.sh           on kind where docker and kind are there, else on a node of this machine where that is possible; fails where neither is
#   hack/e2e.sh --choose  only says which it would be, and why; fails where it is neither
#
# The node (test/node) needs root, and from Debian's packages containerd, runc and the CNI plugins; where apt-get is, they are installed.
# Environment: those of hack/control-plane.sh; E2E_CLUSTER=kind or node chooses.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'e2e: %s\n' "$*" >&2; }
readonly packages=(containerd runc containernetworking-plugins iptables iproute2)
readonly kind_cluster=oauth-operator-e2e

# --- which cluster ----------------------------------------------------------------------------------------------

can_kind() {
  if ! command -v docker >/dev/null || ! docker info >/dev/null 2>&1; then
    why_not_kind='no docker engine answers'
    return 1
  fi
  if ! command -v kind >/dev/null || ! command -v kubectl >/dev/null; then
    why_not_kind='docker is there, kind or kubectl is not'
    return 1
  fi
}

can_node() {
  if [[ $(uname -s) != Linux ]]; then
    why_not_node="it is $(uname -s), not Linux"
    return 1
  fi
  if ((EUID != 0)); then
    why_not_node='you are not root'
    return 1
  fi
  if ! grep -q ':memory:' /proc/self/cgroup; then
    why_not_node='it has no cgroup v1 hierarchies'
    return 1
  fi
  if ! have_packages && ! command -v apt-get >/dev/null; then
    why_not_node="it lacks some of ${packages[*]}, and apt-get"
    return 1
  fi
}

have_packages() { command -v containerd runc iptables ip >/dev/null && [[ -x /usr/lib/cni/ptp ]]; }

cluster='' why_not_kind='' why_not_node=''
case ${E2E_CLUSTER:-} in
  kind | node)
    if can_"$E2E_CLUSTER"; then
      cluster=$E2E_CLUSTER
      say "on $cluster, because E2E_CLUSTER says so"
    fi
    ;;
  '')
    if can_kind; then
      cluster=kind
      say 'on kind, because a docker engine answers and kind is there'
    elif can_node; then
      cluster=node
      say "on a node of this machine, because $why_not_kind, and you are root on Linux"
    fi
    ;;
  *) say "E2E_CLUSTER '$E2E_CLUSTER' is neither kind nor node" ;;
esac
if [[ -z $cluster ]]; then
  say "no cluster can be had: not kind${why_not_kind:+ ($why_not_kind)}, and not a node of this machine${why_not_node:+ ($why_not_node)}"
  exit 1
fi
if [[ ${1:-} == --choose ]]; then exit; fi

# --- what runs on it --------------------------------------------------------------------------------------------

work=$(mktemp -d)
clean_up() {
  if [[ $cluster == kind ]]; then kind delete cluster --name "$kind_cluster" --quiet || true; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

images=()
# image NAME PACKAGE makes an image for this machine.
image() {
  env -C hack/image go run . --root=../.. --package="$2" --name="$1" --version=e2e --platforms="linux/$(go env GOARCH)" \
    --output="$work/$(basename "$2").tar" >/dev/null
  images+=("$work/$(basename "$2").tar")
}
say 'building images'
image oauth-operator:e2e ./cmd/manager
image identity-emulator:e2e ./cmd/identity-emulator
image workload:e2e ./test/e2e/workload
go tool -modfile=go.install.mod kustomize build config/default | sed 's|image: oauth-operator:latest|image: oauth-operator:e2e|' >"$work/install.yaml"
go test -c -o "$work/e2e.test" ./test/e2e

export E2E_INSTALL=$work/install.yaml
runner=$(go tool -n -modfile=go.tools.mod gotestsum)
tests=("$runner" --format standard-verbose --raw-command -- go tool test2json -t -p github.com/oauth-operator/oauth-operator/test/e2e
  env -C test/e2e "$work/e2e.test" -test.v=test2json -test.timeout=15m)

# --- the cluster ------------------------------------------------------------------------------------------------

if [[ $cluster == kind ]]; then
  kind create cluster --name "$kind_cluster" --config test/e2e/testdata/kind.yaml --kubeconfig "$work/kubeconfig" --wait 3m
  for archive in "${images[@]}"; do kind load image-archive --name "$kind_cluster" "$archive"; done
  KUBECONFIG=$work/kubeconfig "${tests[@]}"
  exit
fi
if ! have_packages; then
  say "installing ${packages[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
assets=$(hack/control-plane.sh etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)
image localhost/pause:e2e ./test/node/pause
CGO_ENABLED=0 go build -o "$work/node" ./test/node
mkdir "$work/cluster"
"$work/node" --directory="$work/cluster" --assets="$assets" --sandbox-image=localhost/pause:e2e "${images[@]/#/--image=}" -- "${tests[@]}"
