#!/usr/bin/env bash
# Checks the model of the protocol. Installs SPIN where that is possible (as root on Debian).
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v spin >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq spin gcc libc6-dev >/dev/null
fi
exec model/check.sh "$@"
