# SPDX-License-Identifier: Apache-2.0
"""Tests on a real Placement and on Nova's own functional classes."""
