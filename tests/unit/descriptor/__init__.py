# SPDX-License-Identifier: Apache-2.0
"""What FORMAT.md says, sentence by sentence."""
