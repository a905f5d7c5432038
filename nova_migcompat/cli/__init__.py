# SPDX-License-Identifier: Apache-2.0
"""The operator's command, nova-migcompat, on cliff.

May use every part but the scheduler's, and never nova.
"""
