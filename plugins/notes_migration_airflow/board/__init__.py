"""The board on Airflow's API server, for people who are logged in to Airflow (docs/board.md)."""
