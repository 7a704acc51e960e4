#!/usr/bin/env bash
# Types and the short tests without a browser on each further Python of the list that is at hand, each in a venv of its own.
set -euo pipefail
venv_version=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# On PATH, or one of pyenv's, whose shims are there for versions that are not in use as well.
find_python() {
  local candidate
  for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/"python$1"; do
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}
for version in "$@"; do
  if [ "$version" = "$venv_version" ]; then
    echo "Python $version: tested by make test"
    continue
  fi
  python=$(find_python "$version")
  if [ -z "$python" ]; then
    echo "Python $version: skipped, it is not at hand"
    continue
  fi
  venv=.venv-$version
  if [ ! "$venv/dev.stamp" -nt pyproject.toml ]; then
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --editable ".[dev]"
    touch "$venv/dev.stamp"
  fi
  echo "$("$venv/bin/python" -V)"
  "$venv/bin/mypy" --python-version "$version"
  "$venv/bin/python" -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -p no:cacheprovider -m "not soak and not timing and not browser and not long"
done
