# One image for every process of Shopbell; docker-compose.yml says which command each runs.

FROM node:24-slim AS web
WORKDIR /shopbell/cloud/web
COPY cloud/web/package.json cloud/web/package-lock.json cloud/web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY openapi.json /shopbell/
COPY cloud/web/ ./
RUN npm run build

FROM python:3.13-slim
# the font joins the letters of Hindi in reports
RUN apt-get update && apt-get install -y --no-install-recommends mosquitto openssl fonts-lohit-deva \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /shopbell
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml requirements.in README.md shopbell.py ./
COPY wire/ wire/
COPY cloud/ cloud/
COPY edge/ edge/
COPY simulators/ simulators/
COPY deploy/ deploy/
RUN pip install --no-cache-dir --no-build-isolation --no-deps -e . \
    && useradd --system --uid 1883 --no-create-home shopbell \
    && install --directory --owner=shopbell /broker
COPY --from=web /shopbell/cloud/web/dist/ cloud/web/dist/
USER shopbell
ENV PYTHONUNBUFFERED=1
CMD ["shopbell", "--help"]
