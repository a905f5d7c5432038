# SPDX-License-Identifier: Apache-2.0
"""What a run of the operator's command left."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Answer:
    """Its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def rows(self):
        """What was printed, as json."""
        return json.loads(self.out)
