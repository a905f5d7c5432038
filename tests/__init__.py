# SPDX-License-Identifier: Apache-2.0
"""The tests; each folder says what its tests may touch."""
