# The builder resolves nothing: it installs what the lock files name, each package against its hash.
FROM python:3.13-slim AS builder
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /build && /build/bin/pip install --quiet --require-hashes -r requirements-build.lock \
 && python -m venv /opt/quorumscope \
 && /opt/quorumscope/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY protocols protocols
COPY app app
COPY static static
COPY templates templates
COPY scenarios scenarios
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/quorumscope/bin/pip install --quiet --no-deps /wheels/*.whl \
 && /opt/quorumscope/bin/python -m pip uninstall --quiet --yes pip \
 && python -m compileall -q /opt/quorumscope/lib

FROM python:3.13-slim
RUN python -m pip uninstall --quiet --yes pip \
 && useradd --system --no-create-home --uid 10001 quorumscope \
 && install --directory --owner=quorumscope --mode=700 /data
COPY --from=builder /opt/quorumscope /opt/quorumscope
ENV PATH=/opt/quorumscope/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    QUORUMSCOPE_HOST=0.0.0.0 \
    QUORUMSCOPE_PORT=8000 \
    QUORUMSCOPE_DATABASE=/data/quorumscope.db
USER quorumscope
VOLUME /data
EXPOSE 8000 2181-2185
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
  CMD ["quorumscope", "healthcheck"]
CMD ["quorumscope", "serve"]
