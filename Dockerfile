# The image of web, worker, clock and the one-shot commands in docker-compose.yml.
FROM python:3.11-bookworm
# Pango and a Chinese font: reports as PDF.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY Makefile requirements.lock ./
RUN UV_COMPILE_BYTECODE=1 make .venv/.ready
COPY . .
RUN make .venv/.translated \
 && .venv/bin/python -m compileall -q manage.py trialsite enrollment assessments treatment outcomes \
 && useradd --create-home trials \
 && install --directory --owner trials --mode 0700 /var/lib/trials /var/backups/trials
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER trials
VOLUME /var/lib/trials /var/backups/trials
EXPOSE 8000
