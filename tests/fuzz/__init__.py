# SPDX-License-Identifier: Apache-2.0
"""Searches that take longer than a test may: run by hand."""
