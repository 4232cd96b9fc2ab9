# A static binary in an empty image. Build with: docker build --build-arg VERSION=1.2.3 -t svcgate .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
RUN CGO_ENABLED=1 go build -trimpath -buildvcs=false -tags "sqlite_omit_load_extension netgo osusergo" \
      -ldflags "-s -w -linkmode external -extldflags -static -X main.version=${VERSION}" -o /svcgate ./cmd/svcgate \
    && mkdir -m 0700 /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /svcgate /svcgate
COPY --from=build --chown=nonroot:nonroot /data /var/lib/svcgate
# Inside a container the addresses of the machine are the container's own; publish the ports where they should be seen.
ENV SVCGATE_CONFIG=/etc/svcgate/svcgate.yaml SVCGATE_LISTEN=0.0.0.0:8080 SVCGATE_ADMIN_LISTEN=0.0.0.0:8081
EXPOSE 8080 8081
VOLUME /var/lib/svcgate
STOPSIGNAL SIGTERM
ENTRYPOINT ["/svcgate"]
CMD ["serve"]
