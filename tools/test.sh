#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Pass the tests: those without I/O, and those on a real Placement and Nova.
# Arguments go to pytest; with paths among them, only those are run.
. "$(dirname "$0")/venv.sh"

exec "$venv/bin/python" -m pytest "$@"
