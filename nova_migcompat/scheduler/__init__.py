# SPDX-License-Identifier: Apache-2.0
"""What runs inside nova-scheduler; the only part that imports nova."""
