#!/usr/bin/env bash
# Install what the tests and the recording scripts need, and only what is missing.
#
# Debian packages come from apt (through sudo when not root); Python packages go
# into virtual environments in the repository root: .venv, and .venv-old for a Flask
# that does not get along with the newest. Safe to run again: with everything present
# it asks no package registry anything.
set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Debian package : what proves that it is there: a file, a command, or a module
# of Debian's Python. Not dpkg's word, so that other ways to install count too.
needed=(
    "libpcap-dev:/usr/include/pcap/pcap.h"
    "tcpdump:tcpdump"
    "tshark:tshark"
    "wireshark-common:dumpcap"
    "curl:curl"
    "iproute2:ss"
    "nginx-light:nginx"
    "chromium:chromium"
    "firefox-esr:firefox-esr"
    "python3:/usr/bin/python3"
    "python3-venv:import ensurepip"
    "nodejs:node"
    "npm:npm"
    "gzip:gzip"
    "zstd:zstd"
    "xz-utils:xz"
    "bzip2:bzip2"
    "lz4:lz4"
    "bsdutils:script"
)

say() { printf 'setup: %s\n' "$*"; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

trap 'fail "failed at line $LINENO: $BASH_COMMAND"' ERR

present() {
    case $1 in
        /*) [ -e "$1" ] ;;
        import\ *) /usr/bin/python3 -c "$1" 2>/dev/null ;;
        *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
    esac
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "not root and no sudo: cannot run: $*"
    fi
}

# What a command says is shown only if it fails.
quietly() {
    local words
    words=$("$@" 2>&1) || fail "this failed: $*"$'\n'"$words"
}

install_debian_packages() {
    local missing=() entry
    for entry in "${needed[@]}"; do
        present "${entry#*:}" || missing+=("${entry%%:*}")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "Debian packages: all present"
        return
    fi
    command -v apt-get >/dev/null || fail "no apt-get here; install by hand: ${missing[*]}"
    say "Debian packages: installing ${missing[*]}"
    quietly as_root apt-get update
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"
    for entry in "${needed[@]}"; do
        present "${entry#*:}" || fail "${entry%%:*} is installed but ${entry#*:} is not there"
    done
}

# ENVIRONMENT REQUIREMENTS. The stamp is a copy of the requirements it was filled from.
install_python_packages() {
    local venv="$root/$1" requirements="$root/tests/setup/$2"
    local stamp="$venv/requirements.installed"
    if [ -x "$venv/bin/python" ] && cmp -s "$requirements" "$stamp"; then
        say "Python packages of $1: all present"
        return
    fi
    say "Python packages: installing into $1"
    quietly /usr/bin/python3 -m venv --clear "$venv"
    quietly "$venv/bin/python" -m pip install --disable-pip-version-check -r "$requirements"
    printf '*\n' >"$venv/.gitignore"
    cp "$requirements" "$stamp"
}

# The same, for the packages of Node that the round-trip tests import.
install_node_packages() {
    local folder="$root/tests/setup" stamp="$root/tests/setup/node_modules/package.installed"
    if cmp -s "$folder/package.json" "$stamp"; then
        say "Node packages: all present"
        return
    fi
    say "Node packages: installing into tests/setup/node_modules"
    quietly npm install --prefix "$folder" --no-audit --no-fund --no-package-lock
    cp "$folder/package.json" "$stamp"
}

install_debian_packages
install_python_packages .venv requirements.txt
install_python_packages .venv-old requirements-old.txt
install_node_packages
say "ready"
