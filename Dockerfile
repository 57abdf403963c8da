# The image of Mothball: Node.js, the program, and nothing else. No shell, no package manager.
#
#   docker build -t mothball .
#   docker run --rm --read-only mothball --version
#
# The base is pinned by its version, and can be pinned by its digest, or be another one with Node.js and npm:
#   docker build --build-arg NODE_IMAGE=node:24.21.0-trixie-slim@sha256:… -t mothball .
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
# One program instead of node_modules: what it does not use is not in the image.
RUN npm run bundle
WORKDIR /image/app
COPY LICENSE README.md docs/licences.txt docs/sbom.cdx.json ./
COPY policies policies
COPY src/mothball.js src/mothball.js
RUN cp -r /src/dist dist && cp /src/package.json .
# Node.js, and the libraries it is linked with.
RUN install -D "$(command -v node)" /image/usr/local/bin/node
RUN ldd /image/usr/local/bin/node | grep -o '/[^ ]*' | grep -v '^/image' | xargs cp --parents --dereference --target-directory=/image
# Its symbols serve a debugger only. A base without strip keeps them: 18 MB more.
RUN if command -v strip >/dev/null; then strip --strip-all /image/usr/local/bin/node; fi
# Without env(1) and a shell the launcher must name its interpreter. `mothball` is then a command.
RUN sed -i '1s|.*|#!/usr/local/bin/node|' /image/app/src/mothball.js && ln -s ../../../app/src/mothball.js /image/usr/local/bin/mothball
# Names for the numeric user, and /etc/hosts before DNS.
RUN mkdir -p /image/etc /image/data /image/tmp /image/proc && chmod 1777 /image/tmp
RUN echo 'mothball:x:65532:65532::/data:/sbin/nologin' >/image/etc/passwd && echo 'mothball:x:65532:' >/image/etc/group && echo 'hosts: files dns' >/image/etc/nsswitch.conf

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mothball" \
      org.opencontainers.image.description="Archives old mail from IMAP servers by policy, verifies the archive, then deletes." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
# A new named volume takes its owner from here.
COPY --from=build --chown=65532:65532 /image/data /data
ENV PATH=/usr/local/bin \
    NODE_ENV=production \
    MOTHBALL_CONFIG=/etc/mothball/mothball.yaml
WORKDIR /data
USER 65532:65532
EXPOSE 9310
# Mothball handles its signals as process 1 and starts no processes that it does not wait for, so there
# is no init. SIGTERM: the daemon brings its work to a safe point and exits with 143.
STOPSIGNAL SIGTERM
# For the daemon on port 9310, or with `http.metrics.listen` on 9311. Kubernetes uses probes of its own instead.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "Promise.any(['http://127.0.0.1:9310/livez', 'http://127.0.0.1:9311/livez'].map((url) => fetch(url).then(({ ok }) => ok || Promise.reject()))).then(() => process.exit(0), () => process.exit(1))"]
ENTRYPOINT ["mothball"]
CMD ["daemon"]
