# SPDX-License-Identifier: Apache-2.0
"""The few calls to Placement, on any keystoneauth1 adapter.

Everything that can go wrong on the way (no credentials, no endpoint, no
answer, no time left, a refusal, an answer of another shape) leaves here as one
:class:`PlacementError` that says which request it was and what the server
said. It knows which names and aggregates are ours, so that no caller can take
away a foreign one; it does not know what they mean, nor who asks.

``client`` is what the other parts use (what is about amounts of resources
stands in ``capacity``); it tells ours from others' by ``merging``, sends much
at once by ``together``, and speaks through ``transport``, which raises
``errors`` and reads ``answers``. ``transport`` makes the adapter too, whose
auth plugin ``discovery`` keeps from waiting for itself. ``reader`` is as much
of ``client`` as decisions need. ``reckoning`` asks nothing: it finds from what
providers have left the candidates that Placement would. What is said here
about Placement is said of Placement 16; its API reference tells from which
microversion it holds.
"""

from nova_migcompat.placement.answers import (
    Candidate,
    Provider,
    ProviderAggregates,
    ProviderTraits,
    Standing,
    Stock,
)
from nova_migcompat.placement.capacity import Group
from nova_migcompat.placement.client import PlacementClient
from nova_migcompat.placement.discovery import end_recursion
from nova_migcompat.placement.errors import (
    Conflict,
    NoSuchTrait,
    NotFound,
    PlacementError,
)
from nova_migcompat.placement.merging import merge_aggregates
from nova_migcompat.placement.reader import Reader
from nova_migcompat.placement.reckoning import MOST_STEPS, Reckoner, Tree
from nova_migcompat.placement.transport import (
    MAX_BESIDE,
    MAX_NAMES,
    MICROVERSION,
    load_adapter,
)

__all__ = [
    'MAX_BESIDE',
    'MAX_NAMES',
    'MICROVERSION',
    'MOST_STEPS',
    'Candidate',
    'Conflict',
    'Group',
    'NoSuchTrait',
    'NotFound',
    'PlacementClient',
    'PlacementError',
    'Provider',
    'ProviderAggregates',
    'ProviderTraits',
    'Reader',
    'Reckoner',
    'Standing',
    'Stock',
    'Tree',
    'end_recursion',
    'load_adapter',
    'merge_aggregates',
]
