#!/usr/bin/env bash
# Brings axe-core into a cache folder, by npm, and checks that it is the one this program knows. Nothing of it is kept in
# the repository. Prints the file.
set -euo pipefail

version=4.14.1
sum=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/svcgate/browser}
mkdir -p "$cache"
cd "$cache"

file="axe-core-$version.tgz"
if ! echo "$sum  $file" | sha256sum --check --status 2>/dev/null; then
  command -v npm >/dev/null || { echo "browser: npm is needed to fetch axe-core $version (apt-get install npm)" >&2; exit 2; }
  npm pack --silent "axe-core@$version" >/dev/null
  echo "$sum  $file" | sha256sum --check --status || { echo "browser: $file is not the file that is expected" >&2; exit 2; }
fi
echo "$PWD/$file"
