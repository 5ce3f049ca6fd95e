"""`/private/notes/*` on Airflow's API server: HTTP on one side, notes_migration.front_door on the other."""
