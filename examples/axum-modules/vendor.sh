#!/bin/sh
# Replaces the stand-ins in `vendor/` with packages of the npm registry at $1, an HTTP address. Needs curl and tar, but
# neither Node.js nor npm.
set -eu
cd "$(dirname "$0")"
registry=${1:?name the address of an npm registry: ./vendor.sh ADDRESS}

# Unpacks the scripts of a package: fetch NAME VERSION
fetch() {
    new=$(mktemp -d vendor/.new.XXXXXX)
    trap 'rm -rf "$new"' EXIT
    curl -fsSL "$registry/$1/-/${1##*/}-$2.tgz" -o "$new/package.tgz"
    tar -xzf "$new/package.tgz" -C "$new"
    rm -rf "vendor/$1"
    mkdir -p "vendor/$1"
    (cd "$new/package" &&
        find . \( -name development -o -name node \) -prune -o \( -name '*.js' -o -name '*.js.map' \) -print |
        tar -cf - -T - LICENSE) | tar -xf - -C "vendor/$1"
    rm -rf "$new"
    echo "vendor/$1: version $2"
}

fetch lit-html 3.3.1
