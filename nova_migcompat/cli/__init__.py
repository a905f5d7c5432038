# SPDX-License-Identifier: Apache-2.0
"""The operator's command, nova-migcompat (DESIGN.md).

One module for each command, found by its entry point in the namespace
``nova_migcompat.cli``. A module imports what its command needs and no more:
nobody who checks two files waits for an HTTP client. Must know nothing of the
scheduler or of nova.
"""
