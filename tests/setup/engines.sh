#!/usr/bin/env bash
# Makes sure that Firefox and WebKit are there beside Chromium, where that is possible; elsewhere their tests are skipped, with a line.
set -euo pipefail
packages=()
command -v firefox-esr >/dev/null || packages+=(firefox-esr)
command -v WebKitWebDriver >/dev/null || packages+=(webkit2gtk-driver)
command -v Xvfb >/dev/null || packages+=(xvfb)
[ ${#packages[@]} -gt 0 ] || exit 0
source "$(dirname "$0")/apt.sh"
(install_debian "A browser engine" "${packages[@]}") || echo "Not at hand: ${packages[*]} (Debian's names); tests in Firefox or WebKit are skipped" >&2
