# The npm packages of the tests, and a function that fetches them into tests/.cache. Sourced by `setup`, `run`,
# `release-check` and `minify`.
# shellcheck shell=bash disable=SC2034

# Bundle, minify, check and lint the client script. Other versions may produce different output.
script_tools=(rollup@3.29.5 terser@5.44.1 typescript@5.9.3 eslint-linter-browserify@10.11.0)
npm_packages=(
    acorn@8.19.0 bootstrap@5.3.8 css-tree@3.2.1 es-module-lexer@3.0.5 htmx.org@2.0.8 leaflet@1.9.4
    htmx-1=htmx.org@1.9.12 htmx-2=htmx.org@2.0.11 htmx-4=htmx.org@4.0.1
    turbo=@hotwired/turbo@8.0.23 unpoly@3.14.3 alpinejs@3.17.5 alpine-ajax=@imacrayon/alpine-ajax@0.12.7
    workbox-core@7.4.1 workbox-routing@7.4.1 workbox-strategies@7.4.1 workbox-precaching@7.4.1
    datastar=@starfederation/datastar@0.21.4
    "${script_tools[@]}"
)
# Packages with their dependencies, for programs. The lock files are in tests/npm. After a change of a `package.json`, run
# `npm install --package-lock-only --omit-lockfile-registry-resolved` in its directory, and remove optional packages that the
# registry lacks.
npm_projects=(vite-8 vite-7 vite-5 inertia)
# About 20,000 files with more than 10,000 references.
release_packages=(
    @fortawesome/fontawesome-free@7.1.0 bootstrap-icons@1.13.1 chart.js@4.5.1 date-fns@4.1.0 govuk-frontend@5.13.0
    katex@0.16.25 lodash-es@4.17.21 mathjax@4.0.0 monaco-editor@0.54.0 pdfjs-dist@5.4.394 swagger-ui-dist@5.30.2
    three@0.181.1 tinymce@8.2.2
)

cache=$PWD/tests/.cache
log=$cache/install.log
# The tools that `setup` could not install, with the reasons.
missing=$cache/missing
mkdir -p "$cache/npm"
: >"$log"

# Unpacks NAME@VERSION into tests/.cache/npm/NAME, and DIR=NAME@VERSION into tests/.cache/npm/DIR. The directory is
# renamed into place after it is complete.
fetch_npm_package() {
    local package=${1#*=} name=${1%%=*}
    local dir=$cache/npm/${name%@*}
    grep -qs "\"version\": \"${package##*@}\"" "$dir/package.json" && return
    echo "fetching $package"
    rm -rf "$dir" "$dir.part" && mkdir -p "$dir.part" &&
        npm pack --loglevel=error --ignore-scripts --pack-destination "$dir.part" "$package" </dev/null >"$log" 2>&1 &&
        tar -xzf "$dir.part"/*.tgz -C "$dir.part" && mv "$dir.part/package" "$dir" && rm -rf "$dir.part"
}

# Installs the packages of tests/npm/DIR into tests/.cache/npm-projects/DIR. The directory is renamed into place after it is
# complete.
fetch_npm_project() {
    local dir=$cache/npm-projects/$1
    cmp -s "tests/npm/$1/package-lock.json" "$dir/package-lock.json" && return
    echo "fetching the packages of $1"
    rm -rf "$dir" "$dir.part" && mkdir -p "$dir.part" && cp "tests/npm/$1"/*.json "$dir.part" &&
        npm ci --prefix "$dir.part" --loglevel=error --ignore-scripts --no-audit --no-fund </dev/null >"$log" 2>&1 &&
        mv "$dir.part" "$dir"
}
