# Sourced: installs Debian packages where that is possible, and says what to do where it is not.
install_debian() {
  local what=$1 sudo=""
  shift
  if ! command -v apt-get >/dev/null; then
    echo "$what is missing, and this is no Debian: install it by your system's means, then run make again" >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "$what is missing: ask an administrator for 'apt-get install $*', then run make again" >&2; exit 1; }
    sudo="sudo"
  fi
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
