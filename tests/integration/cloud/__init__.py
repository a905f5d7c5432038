# SPDX-License-Identifier: Apache-2.0
"""A whole cloud of processes on this machine, and what is tested on it.

Each module starts one kind of process and knows only those that it needs.
"""
