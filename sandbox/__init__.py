"""The rehearsal stage: real mongod, Redis, S3 API and Airflow, simulators of all that we call, synthetic accounts."""
