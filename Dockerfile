# One image for all of Airflow's services; the target `sandbox` adds what the simulators need.
FROM apache/airflow:3.3.2-python3.11 AS runtime

# The official image runs as the user `airflow`, and so does everything below. No secret is copied in:
# addresses and passwords come with the environment, when a container starts.
WORKDIR /opt/airflow
COPY requirements.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt

COPY --chown=airflow:0 config ./config
COPY --chown=airflow:0 include ./include
COPY --chown=airflow:0 plugins ./plugins
COPY --chown=airflow:0 dags ./dags
COPY --chown=airflow:0 compose ./compose
# The board shows them.
COPY --chown=airflow:0 docs/runbooks ./docs/runbooks
ENV PYTHONPATH=/opt/airflow/include

# Without bytecode every task process compiles everything anew. The two directories become volumes,
# which take their owner from here.
RUN python -m compileall -q config include plugins dags \
    && mkdir -p auth logs && chmod 700 auth

FROM runtime AS sandbox
COPY requirements-dev.txt ./
RUN pip install --no-cache-dir --constraint requirements-dev.txt fastapi httpx openpyxl pillow uvicorn
COPY --chown=airflow:0 sandbox ./sandbox
ENV PYTHONPATH=/opt/airflow/include:/opt/airflow
