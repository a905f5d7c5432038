# SPDX-License-Identifier: Apache-2.0
"""The agent: what this host's devices say, made names in Placement.

A cycle walks through the modules in one direction: hardware (what devices
there are), sources (what is said about them), inventory (what counts),
desired (which names that makes), publish (what differs, and the writes).
hardware, sources and publish do the I/O; inventory and desired are pure.
"""
