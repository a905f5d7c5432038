#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on a sample fleet, with a Placement of its own: which hosts pass
# for a live migration, and why not the others.
. "$(dirname "$0")/venv.sh"

# Eventlet warns of itself in each process that imports Nova.
PYTHONWARNINGS=ignore exec "$venv/bin/python" -m demo "$@"
