# SPDX-License-Identifier: Apache-2.0
"""Tests of one noun each, without I/O beyond temporary files."""
