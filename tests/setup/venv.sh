#!/usr/bin/env bash
# Makes .venv; on Debian without python3-venv, installs that first.
set -euo pipefail
python=${1:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hitgen needs Python 3.11 or newer; this is $("$python" --version)" >&2; exit 1; }
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  source "$(dirname "$0")/apt.sh"
  install_debian "Python's venv module" python3-venv
fi
"$python" -m venv .venv
