#!/usr/bin/env bash
# Installs the strangers of "make interop": Debian's packages and two of npm. Nothing of it is part of svcgate.
# Run it as root; with --check it only says what is missing.
set -euo pipefail

packages=(php-cli php-soap libsoap-lite-perl libhttp-daemon-perl python3-zeep python3-suds python3-spyne
  jaxws libjaxws-java libaxis-java libwsdl4j-java libcommons-discovery-java default-jdk-headless)
modules=(soap@1.13.0 strong-soap@5.0.10)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/svcgate-interop

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
# Both may have come from elsewhere, and some packages of nodejs bring npm along.
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)

lacking=()
for module in "${modules[@]}"; do
  file=$cache/node_modules/${module%@*}/package.json
  grep -qs "\"version\": *\"${module##*@}\"" "$file" || lacking+=("$module")
done

if [ "${1:-}" = --check ]; then
  [ "${#missing[@]}" -eq 0 ] && [ "${#lacking[@]}" -eq 0 ] && exit 0
  echo "missing: ${missing[*]} ${lacking[*]}; install them with bench/interop/install.sh" >&2
  exit 1
fi
if [ "${#missing[@]}" -gt 0 ]; then
  apt-get update -q -o Acquire::Retries=5
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 "${missing[@]}"
fi
if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then
  echo "npm's stacks need Node.js 20 or later; this is $(node --version)" >&2
  exit 1
fi
if [ "${#lacking[@]}" -gt 0 ]; then
  mkdir -p "$cache"
  # No scripts of packages are run.
  npm install --prefix "$cache" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund "${modules[@]}"
fi
