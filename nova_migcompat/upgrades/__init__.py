# SPDX-License-Identifier: Apache-2.0
"""What if some hosts' driver published another document?

Pure functions on documents and host names: who asks where they come from, and
how it is shown, is the command's business.

The model. A document OLD is replaced by NEW on chosen hosts, one host after
the other. Before a host's driver is replaced, each of its guests with a device
of OLD migrates live to another host that has, at that moment, a document to
which OLD may move: a host that has been upgraded, one that will be, or one
that never is. Then the host publishes NEW in the place of OLD, and guests may
come. A guest has the rules of the device that it is on: once it has moved to a
device of X, it is X's COMPATIBLE objects that count. It is *stuck* where no
other host has anything to which it may move.

What is assumed. Which guests there will be is not known, so every host is
taken to have a guest on each of its documents, and a guest that has moved is
one more of those of its new host: where it went makes no difference, and an
order that is found holds wherever Nova sends the guests. Room is not counted:
a host that may take a guest is taken to have a free device. A host with
devices of several documents is taken to give the one that suits. Nothing else
changes meanwhile. Each host is upgraded once, and emptied at its turn and not
before: an order that has the guests of one host leave at different times is
not looked for. Guests on devices of documents that are not replaced stay where
they are.

So all that matters is which hosts have been upgraded, and of hosts that are
alike only how many (space.py). An order is searched for, exactly (search.py);
where there is none, that is proved (proofs.py).
"""

from nova_migcompat.upgrades.change import Change, ChangeError
from nova_migcompat.upgrades.pairs import PairChange, changed_pairs
from nova_migcompat.upgrades.planning import DeadEnd, Move, Plan, Step, plan
from nova_migcompat.upgrades.proofs import Proof

__all__ = (
    'Change',
    'ChangeError',
    'DeadEnd',
    'Move',
    'PairChange',
    'Plan',
    'Proof',
    'Step',
    'changed_pairs',
    'plan',
)
