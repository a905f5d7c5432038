# SPDX-License-Identifier: Apache-2.0
"""Figures, never asserted in tests: each prints a table of ratios."""
