#!/usr/bin/env bash
# Makes sure that a Chromium is there for the browser tests.
set -euo pipefail
[ -x /usr/bin/chromium ] && exit 0
source "$(dirname "$0")/apt.sh"
install_debian "Chromium (expected at /usr/bin/chromium)" chromium
