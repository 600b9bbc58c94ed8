# Everything that builds, checks and shows the operator. `make help` lists what there is.
#
# Needed: Go, make, git; for the tests also a C compiler, because the race detector wants one.
# Nothing is installed outside of this directory, apart from Go's caches and the control plane's binaries,
# which hack/control-plane.sh keeps in the cache directory of the user.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Steps share two cores and one screen: one after the other, in the order in which they are written.
.NOTPARALLEL:

# The tools have a module file of their own, so that the operator's dependencies stay few.
TOOL := go tool -modfile=go.tools.mod
STEP := hack/step.sh
CHART := charts/oauth-operator
# What controller-gen writes, and what the chart has of config/. hack/verify.sh compares these paths with a fresh run.
GENERATED := api/v1alpha1/zz_generated.deepcopy.go config/crd/bases config/rbac/role.yaml $(CHART)/files
# The operator and the emulator are static; only the race detector needs cgo.
GO_BUILD := env CGO_ENABLED=0 go build -trimpath

# Where it matters which kube-apiserver there is, and the oldest that is supported.
OLDEST_PKG := ./internal/controller/... ./internal/secret ./internal/tenancy ./test/crd ./test/install ./test/samples ./test/tenancy ./test/upgrade
OLDEST := $(shell grep -m 1 '^1' hack/kubernetes-versions)
# Packages to test, and further arguments of `go test`, as in: make test-package PKG=./internal/oauth ARGS='-run Basic -v'
PKG ?= ./...
ARGS ?=
# What deploy puts on the cluster, and the name and version that make image gives the operator's image.
IMG ?= oauth-operator:latest
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
PLATFORMS ?= linux/amd64,linux/arm64
# make demo KEEP=1 leaves everything running until Ctrl-C.
KEEP ?=

export K8S_VERSION

##@ Everyday

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build bin/demo ## Show the whole product on a local control plane and a local tenant (KEEP=1: leave it running).
	@assets="$$(hack/control-plane.sh etcd kube-apiserver kube-controller-manager kubectl)"; \
		KUBEBUILDER_ASSETS="$$assets" exec bin/demo $(if $(KEEP),--keep)

.PHONY: test
test: control-plane vet lint verify alerts bin/.install-tools image-test test-race ## Prove everything: vet, lint, generated code, alert rules, images, all tests with the race detector.

.PHONY: test-package
test-package: ## Test some packages without the checks around them (PKG=./internal/oauth/..., ARGS='-run ...').
	@KUBEBUILDER_ASSETS="$$(hack/control-plane.sh)" go test $(ARGS) $(PKG)

.PHONY: test-oldest
test-oldest: K8S_VERSION := $(OLDEST)
test-oldest: PKG = $(OLDEST_PKG)
test-oldest: test-package ## Test what talks to kube-apiserver on the oldest supported version of Kubernetes (the first time, building it takes minutes).

.PHONY: test-race
test-race:
	@$(STEP) 'Tests, with the race detector' \
		env KUBEBUILDER_ASSETS="$$(hack/control-plane.sh)" \
		$(TOOL) gotestsum --format pkgname --format-hide-empty-pkg --hide-summary skipped -- -race -timeout 20m ./...

.PHONY: simulation
simulation: ## Let the operator live for two simulated days of outages, throttling and restarts (HOURS=48, SEED=...; takes about a quarter of an hour).
	@KUBEBUILDER_ASSETS="$$(hack/control-plane.sh)" SIMULATED_HOURS="$(or $(HOURS),48)" SIMULATION_SEED="$(SEED)" \
		go test ./test/simulation -count=1 -timeout 60m -v 2>&1 | grep -v '"level"='

# How much the benchmark does: small (two minutes), default (less than ten) or full (half an hour). What it prints depends on the machine and on what
# else that does; docs/performance.md says what can be relied on.
SIZE ?= default
# Some of its scenarios, separated by commas, such as SCENARIOS=refresh,recovery, and a directory for profiles of the operator.
SCENARIOS ?=
PROFILES ?=

.PHONY: bench
bench: build bin/bench ## Measure what the operator costs, beside a bare loop (SIZE=small, default or full; SCENARIOS=..., PROFILES=directory).
	@mkdir -p bin $(PROFILES)
	@assets="$$(hack/control-plane.sh etcd kube-apiserver kubectl)"; \
		KUBEBUILDER_ASSETS="$$assets" exec bin/bench --size=$(SIZE) --only=$(SCENARIOS) --profiles=$(PROFILES) --output=bin/bench.json

.PHONY: bench-go
bench-go: ## Measure decisions and encodings on their own, with what they allocate (COUNT=10); compare two outputs with benchstat.
	@go test ./internal/renewal ./internal/application ./internal/template ./internal/secret ./internal/verification \
		-run '^$$' -bench . -count=$(or $(COUNT),10)

.PHONY: e2e
e2e: bin/.install-tools ## Let pods use tokens on a real cluster: kind, or a node of this machine if you are root on Linux (about 4 minutes; E2E_CLUSTER=kind or node).
	@$(STEP) 'End-to-end tests' hack/e2e.sh

.PHONY: resilience
resilience: ## Break the operator at every boundary in every way, and kill it a hundred times (RESILIENCE_SEED=...; takes about half an hour).
	@KUBEBUILDER_ASSETS="$$(hack/control-plane.sh)" RESILIENCE_LONG=1 RESILIENCE_SEED="$(RESILIENCE_SEED)" \
		go test ./test/resilience/... -count=1 -p 1 -parallel 4 -timeout 120m -v 2>&1 | grep -v '"level"=\|^=== \|--- PASS'

.PHONY: fuzz
fuzz: ## Give what is decoded and computed inputs that nobody has thought of (FUZZTIME=30s for each of the targets).
	@FUZZTIME="$(or $(FUZZTIME),30s)" hack/fuzz.sh

.PHONY: emulator-load
emulator-load: ## Measure the local tenant against bare signing and a bare HTTPS handler (about a minute; best on a machine that does nothing else).
	@EMULATOR_LOAD=1 go test ./internal/emulator/load -run TestTheTenantKeepsPace -count=1 -v

.PHONY: emulator-sdk
emulator-sdk: ## Let the vendor's own SDK for Go work on the local tenant (a module of its own; downloads it the first time).
	@cd test/vendorsdk && go test -count=1 ./...

.PHONY: control-plane
control-plane: ## Make sure that etcd and kube-apiserver exist (the first time may take minutes).
	@$(STEP) 'Control plane binaries' hack/control-plane.sh

##@ Code

.PHONY: generate
generate: ## Generate the deepcopy functions of the API types.
	@$(TOOL) controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...

.PHONY: manifests
manifests: ## Generate the CRDs and the operator's ClusterRole from the markers in the code, and put them into the chart.
	@$(TOOL) controller-gen crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	@$(TOOL) controller-gen rbac:roleName=manager-role paths=./internal/controller/... paths=./internal/operator/... \
		output:rbac:artifacts:config=config/rbac
	@rm -rf $(CHART)/files && mkdir -p $(CHART)/files/{crds,rbac,people,policies}
	@cp config/crd/bases/*.yaml $(CHART)/files/crds
	@cp config/rbac/{role,credentials_role,leader_election_role}.yaml $(CHART)/files/rbac
	@cp config/rbac/{team_edit,team_view,tenant_admin}_role.yaml $(CHART)/files/people
	@cp config/policy/*_warnings.yaml $(CHART)/files/policies
	@cp config/prometheus/rules.yaml $(CHART)/files

.PHONY: fmt
fmt: bin/.golangci-lint ## Format the code.
	@$(TOOL) golangci-lint fmt

.PHONY: vet
vet: ## Run go vet.
	@$(STEP) --tick 'go vet' go vet ./...
	@env -C hack/image go vet ./...

.PHONY: lint
lint: bin/.golangci-lint ## Run the linters of .golangci.yml.
	@$(STEP) --tick 'Linters' $(TOOL) golangci-lint run
	@$(STEP) --tick 'Linters, for images' env -C hack/image go tool -modfile=../../go.tools.mod golangci-lint run

.PHONY: lint-fix
lint-fix: bin/.golangci-lint ## Run the linters and let them repair what they can.
	@$(TOOL) golangci-lint run --fix

.PHONY: verify
verify: ## Check that the generated files and the module files are current.
	@$(STEP) 'Generated files' hack/verify.sh $(GENERATED)
	@$(STEP) --tick 'Module files' bash -c 'go mod tidy -diff && cd hack/image && go mod tidy -diff'

.PHONY: alerts
alerts: bin/promtool ## Check and test the alert rules for Prometheus.
	@$(STEP) 'Alert rules' bin/promtool test rules config/prometheus/rules_test.yaml

# Prometheus has dependencies that the other tools must not be bound to, so it has a module file of its own. Without the service discoveries, which
# rules do not need, it takes less than half of the time.
# Helm and kustomize, with which tests render what is installed. As with the linter, the file is a mark.
bin/.install-tools: go.install.mod go.install.sum
	@mkdir -p bin
	@$(STEP) --tick 'Building helm and kustomize (about 3 minutes the first time)' \
		bash -c 'go tool -n -modfile=go.install.mod kustomize >/dev/null && go tool -n -modfile=go.install.mod helm >/dev/null'
	@touch $@

bin/promtool: go.promtool.mod go.promtool.sum
	@$(STEP) --tick 'Building promtool (about 2 minutes the first time)' \
		env CGO_ENABLED=0 go build -modfile=go.promtool.mod -tags=remove_all_sd -o $@ github.com/prometheus/prometheus/cmd/promtool

# The linter is big: say why nothing seems to happen the first time. Go keeps the built tool in its cache; the file is
# only a mark that it has been built at this version.
bin/.golangci-lint: go.tools.mod go.tools.sum
	@mkdir -p bin
	@$(STEP) --tick 'Building golangci-lint (about 2 minutes the first time)' $(TOOL) golangci-lint version --short
	@touch $@

##@ Programs

.PHONY: build
build: ## Build bin/manager and bin/identity-emulator.
	@$(STEP) --tick 'Building the operator and the emulator' $(GO_BUILD) -o bin/ ./cmd/manager ./cmd/identity-emulator

.PHONY: bin/demo
bin/demo:
	@$(STEP) --tick 'Building the demo' $(GO_BUILD) -o $@ ./test/demo

.PHONY: bin/bench
bin/bench:
	@$(STEP) --tick 'Building the benchmark' $(GO_BUILD) -o $@ ./test/bench

.PHONY: run
run: build ## Run the operator against the cluster of the current kubeconfig.
	@bin/manager --operator-namespace=$${POD_NAMESPACE:-oauth-operator-system}

.PHONY: image
image: ## Build bin/oauth-operator.tar and bin/identity-emulator.tar: images without docker (IMG, VERSION, PLATFORMS).
	@mkdir -p bin
	@$(STEP) --tick 'Image of the operator' env -C hack/image go run . --root=../.. --package=./cmd/manager \
		--name=$(IMG) --version=$(VERSION) --platforms=$(PLATFORMS) --output=$(CURDIR)/bin/oauth-operator.tar
	@$(STEP) --tick 'Image of the emulator' env -C hack/image go run . --root=../.. --package=./cmd/identity-emulator \
		--name=identity-emulator:latest --version=$(VERSION) --platforms=$(PLATFORMS) --output=$(CURDIR)/bin/identity-emulator.tar

.PHONY: image-test
image-test:
	@$(STEP) --tick 'Images' env -C hack/image go test ./...
	@$(STEP) --tick 'Images, built twice' hack/reproducible.sh linux/$$(go env GOARCH) identity-emulator manager

.PHONY: image-check
image-check: ## Prove that the images for all platforms can be built again with the same digest.
	@$(STEP) --tick 'Images, built twice' hack/reproducible.sh $(PLATFORMS) identity-emulator manager

.PHONY: install.yaml
install.yaml: bin/.install-tools ## Render bin/install.yaml: everything that a cluster needs, for kubectl apply --server-side -f (IMG=...).
	@go tool -modfile=go.install.mod kustomize build config/default | sed 's|image: oauth-operator:latest|image: $(IMG)|' >bin/install.yaml

.PHONY: chart
chart: bin/.install-tools ## Package the Helm chart into bin/.
	@go tool -modfile=go.install.mod helm package $(CHART) --destination bin

##@ Cluster

# Of the current kubeconfig's context. kubectl has kustomize built in.

.PHONY: install
install: ## Install the CRDs.
	kubectl apply -k config/crd

.PHONY: uninstall
uninstall: ## Remove the CRDs, and with them every object of these kinds.
	kubectl delete -k config/crd --ignore-not-found

.PHONY: deploy
deploy: ## Install the CRDs, the permissions and the operator (IMG=...).
	kubectl kustomize config/default | sed 's|image: oauth-operator:latest|image: $(IMG)|' | kubectl apply -f -

.PHONY: undeploy
undeploy: ## Remove what deploy has installed. Delete the custom resources first, so that the operator can tidy up the tenant.
	kubectl delete -k config/default --ignore-not-found

##@ Tidying

.PHONY: clean
clean: ## Remove bin/.
	@rm -rf bin
