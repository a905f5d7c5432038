#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Make .venv with the tested versions and this tree in it, or make it anew:
# only when setup.cfg, setup.py, pyproject.toml, constraints.txt or its place
# has changed. To be sourced; says nothing but what goes wrong, and what takes
# long.
set -eu

cd "$(dirname "$0")/.."
venv=$PWD/.venv

is_new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    # The versions in constraints.txt were tested with 3.11.
    for python in python3.11 python3 python3.12 python3.13 python3.14; do
        if is_new_enough "$python"; then
            echo "$python"
            return
        fi
    done
    echo 'Python 3.11 or newer is needed, and not found in PATH.' >&2
    return 1
}

# What the environment was made of: the files, and its place, which its
# scripts hold.
state() {
    echo "$venv"
    cksum setup.cfg setup.py pyproject.toml constraints.txt
}

install() {
    echo 'Setting up .venv, which takes a minute or two ...' >&2
    python=$(find_python)
    rm -f "$venv/.state"
    "$python" -m venv --clear "$venv"
    # pbr takes the version from git, which an unpacked archive has not, and a
    # clone of another user's does not show.
    git rev-parse --verify --quiet HEAD >/dev/null 2>&1 ||
        export PBR_VERSION=0.0.0
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install \
        --quiet --constraint constraints.txt \
        --editable '.[scheduler,agent,cli,test,browser,tox,lint,docs]'
    state >"$venv/.state"
}

if ! [ "$(state)" = "$(cat "$venv/.state" 2>/dev/null)" ]; then
    install
fi
