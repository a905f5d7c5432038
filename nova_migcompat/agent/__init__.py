# SPDX-License-Identifier: Apache-2.0
"""The agent: what this host's devices say, made names in Placement.

A cycle walks through the modules in one direction: hardware (what devices
there are), sources (what is said about them), inventory (what counts),
desired (which names that makes), publish (what differs, and the writes).
hardware, sources and publish do the I/O; inventory and desired are pure. model
has the values that go from one to the next; nova_conf and provider say which
types and which compute node it is about; cycle puts the steps together.

Around it: main (options and exit status), process (lock, signals, systemd),
service (cycle after cycle), with wake, events and schedule for when; notices
says things once, state and status are for ``--status``. reading, writing and
folder treat files that others could have changed.
"""
