# Sourced: installs a Debian package where that is possible, and says what to do where it is not.
install_debian() {
  local package=$1 what=$2 sudo=""
  if ! command -v apt-get >/dev/null; then
    echo "$what is missing, and this is no Debian: install it by your system's means, then run make again" >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "$what is missing: ask an administrator for 'apt-get install $package', then run make again" >&2; exit 1; }
    sudo="sudo"
  fi
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}
