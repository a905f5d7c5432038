# SPDX-License-Identifier: Apache-2.0
"""Where documents come from: plugins with one interface, see base.py."""
