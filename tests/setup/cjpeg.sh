#!/usr/bin/env bash
# Makes sure that the stock encoder cjpeg is there, for the bench.
set -euo pipefail
command -v cjpeg >/dev/null && exit 0
source "$(dirname "$0")/apt.sh"
install_debian "The encoder cjpeg" libjpeg-turbo-progs
