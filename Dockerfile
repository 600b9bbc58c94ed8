# The operator as an image: one static binary, no shell, no root.
#
#   docker build --tag oauth-operator:latest .
#
# GO_IMAGE compiles. BASE_IMAGE is what the binary is put on: nothing, unless a house rule names something else.
ARG GO_IMAGE=golang:1.26
ARG BASE_IMAGE=scratch

FROM --platform=${BUILDPLATFORM:-linux/amd64} ${GO_IMAGE} AS build
ARG TARGETOS=linux
ARG TARGETARCH
WORKDIR /source
# The modules change less often than the code, so they are a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY api/ api/
COPY cmd/ cmd/
COPY internal/ internal/
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH:-$(go env GOARCH)} \
    go build -trimpath -ldflags '-s -w' -o /manager ./cmd/manager

FROM ${BASE_IMAGE}
# The authorities that sign the certificates of real tenants.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
