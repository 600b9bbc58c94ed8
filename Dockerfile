# The operator, or the emulator, as an image: one static binary, no shell, no root, no other file. `make image` makes the same content without docker.
#
#   docker build --tag oauth-operator:latest .
#   docker build --tag identity-emulator:latest --build-arg COMMAND=identity-emulator .
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v1.2.3 ...
#
# GO_IMAGE compiles. BASE_IMAGE is what the binary is put on: nothing, unless a house rule names something else. The authorities that sign the certificates
# of public tenants are in the binary (docs/decisions/0041-images.md).
ARG GO_IMAGE=golang:1.26
ARG BASE_IMAGE=scratch

FROM --platform=${BUILDPLATFORM:-linux/amd64} ${GO_IMAGE} AS build
ARG TARGETOS=linux
ARG TARGETARCH
ARG COMMAND=manager
ARG VERSION=
WORKDIR /source
# The modules change less often than the code, so they are a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY api/ api/
COPY cmd/ cmd/
COPY internal/ internal/
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH:-$(go env GOARCH)} \
    go build -trimpath -buildvcs=false \
    -ldflags "-s -w -buildid= -X github.com/oauth-operator/oauth-operator/internal/version.release=${VERSION}" \
    -o /out/program ./cmd/${COMMAND}

FROM ${BASE_IMAGE}
COPY --from=build /out/program /program
USER 65532:65532
ENTRYPOINT ["/program"]
