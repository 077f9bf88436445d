# syntax=docker/dockerfile:1
# Two stages: what builds stays behind. Pin BASE by digest for a release.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv --without-pip /app/.venv \
    && python3 -m venv --without-pip /build \
    && python3 -m pip --python /app/.venv/bin/python install --no-cache-dir --require-hashes -r requirements.lock \
    && python3 -m pip --python /build/bin/python install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md manifest.yml ./
COPY bot/ bot/
COPY handlers/ handlers/
COPY storage/ storage/
COPY sandbox/ sandbox/
RUN /build/bin/hatchling build --target wheel --directory /dist \
    && python3 -m pip --python /app/.venv/bin/python install --no-cache-dir --no-index --no-deps /dist/*.whl \
    && /app/.venv/bin/python -m compileall -q /app/.venv/lib

FROM ${BASE}
LABEL org.opencontainers.image.title="Countersign" \
      org.opencontainers.image.description="Evidence, approvals and an audit trail for fine-tuned models, in Slack" \
      org.opencontainers.image.licenses="MIT"
# Written by hand: useradd warns about ids above 999. Only /data belongs to this user.
RUN echo "countersign:x:65532:65532::/data:/usr/sbin/nologin" >> /etc/passwd \
    && echo "countersign:x:65532:" >> /etc/group \
    && install -d -o 65532 -g 65532 -m 0700 /data
COPY --from=build /app/.venv /app/.venv
# In a container the port is reached from outside or not at all.
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 COUNTERSIGN_HTTP_HOST=0.0.0.0
# Where countersign.toml is mounted and, without Postgres, the SQLite database lives.
WORKDIR /data
USER 65532:65532
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('COUNTERSIGN_HTTP_PORT', '3000')}/healthz\", timeout=4)"]
ENTRYPOINT ["countersign"]
CMD ["serve"]
