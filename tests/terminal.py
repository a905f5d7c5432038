# SPDX-License-Identifier: Apache-2.0
"""A terminal that keeps what is shown on it."""

import io


class Terminal(io.StringIO):
    """What a program takes for a terminal."""

    def isatty(self):
        """Say that it is one."""
        return True
