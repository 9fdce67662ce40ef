#!/usr/bin/env bash
# Installs Espressif's esptool, with which the end-to-end tests compare our reader of ESP images, and prints the folder
# of its programs. It is kept in the cache folder of the user, so only the first run needs the network.
set -euo pipefail

requirements="$(cd "$(dirname "$0")" && pwd)/esptool-requirements.txt"
version=$(sed -n 's/^esptool==//p' "$requirements")
folder="${XDG_CACHE_HOME:-$HOME/.cache}/rookery/esptool-$version"
if [ ! -e "$folder/complete" ]; then
  # What an installation that was cut left behind is no good.
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  python3 -m venv "$folder" >&2
  "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
  touch "$folder/complete"
fi
echo "$folder/bin"
