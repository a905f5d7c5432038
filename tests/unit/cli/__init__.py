# SPDX-License-Identifier: Apache-2.0
"""The operator's command, in this process."""
