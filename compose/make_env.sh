#!/bin/sh
# Make .env from .env.example: every empty variable gets a random value. Never overwrites.
set -eu
cd "${1:-.}"
test ! -e .env || { echo "make_env: .env exists; remove it first if it is to be made again" >&2; exit 1; }
umask 077
while IFS= read -r line; do
  case $line in
    AIRFLOW_FERNET_KEY=) printf '%s%s\n' "$line" "$(openssl rand -base64 32 | tr '+/' '-_')" ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(openssl rand -hex 32)" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <.env.example >.env.new
mv .env.new .env
echo "make_env: .env is ready, readable by you alone"
