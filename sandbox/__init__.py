"""The rehearsal stage: real services, real Airflow, simulators of all that we call, synthetic accounts."""
