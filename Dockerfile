# The service without a MongoDB: DSEL_MONGODB_URI must name one. docs/operations.md says how to build and run it.

FROM node:24-bookworm-slim AS graphiql
WORKDIR /src
COPY scripts/graphiql scripts/graphiql
COPY graph/graphiql graph/graphiql
RUN scripts/graphiql && test -f graph/graphiql/vendor/.done

FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/dsel
COPY requirements/api.txt requirements/api.txt
RUN pip --python /opt/dsel/bin/python install --no-cache-dir --require-hashes -r requirements/api.txt
COPY pyproject.toml README.md ./
COPY domain domain
COPY repository repository
COPY resolvers resolvers
COPY graph graph
COPY cli cli
COPY --from=graphiql /src/graph/graphiql/vendor graph/graphiql/vendor
RUN pip --python /opt/dsel/bin/python install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/dsel /opt/dsel
ENV PATH=/opt/dsel/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
# Of the port that DSEL_PORT may have changed.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('DSEL_PORT', 8000)), timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["dsel", "serve", "--host", "0.0.0.0"]
