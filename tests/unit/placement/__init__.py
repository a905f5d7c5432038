# SPDX-License-Identifier: Apache-2.0
"""Tests of the Placement client on canned answers.

tests/functional/test_placement_client.py asks a real Placement.
"""
