# SPDX-License-Identifier: Apache-2.0
"""What stands on a provider when ours change: others' traits and aggregates.

Pure, and the only place that tells ours from others'.
"""

from collections.abc import Collection

from nova_migcompat import traits
from nova_migcompat.placement.answers import Standing


def merge_names(
    before: frozenset[str], wanted: Collection[str]
) -> frozenset[str]:
    """Take ours from what is wanted, and others' from what stands there.

    :param before: the traits of a provider
    :param wanted: the traits of ours that it should have; others' may be
        among them where they stand there
    :raises ValueError: a name that is wanted is neither ours nor stands there
    """
    foreign = frozenset(name for name in before if not traits.is_ours(name))
    ours = frozenset(name for name in wanted if traits.is_ours(name))
    added = frozenset(wanted) - ours - foreign
    if added:
        raise ValueError('not ours to add: ' + ', '.join(sorted(added)))
    return foreign | ours


def merge_aggregates(
    before: Standing, wanted: Collection[str]
) -> frozenset[str]:
    """Take the aggregates of the D names that are wanted, and others'.

    An aggregate is nothing but a UUID. Ours are those of the D names that
    stand there: ``PlacementClient.update_provider`` sees to it that there is
    never one without its D name.

    :param before: what stands on the provider
    :param wanted: the traits that it should have
    :returns: the UUIDs
    """
    ours = traits.aggregates(before.names)
    return (before.aggregates - ours) | traits.aggregates(wanted)
