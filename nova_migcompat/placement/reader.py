# SPDX-License-Identifier: Apache-2.0
"""What a decision asks of Placement, or of whoever has read all of it before.

Knows neither who answers nor who asks.
"""

from collections.abc import Collection
from typing import Protocol

from nova_migcompat.placement.answers import Provider, ProviderTraits


class Reader(Protocol):
    """Answers as Placement does; PlacementClient is one."""

    def traits(
        self, *, startswith: str | None = None, associated: bool | None = None
    ) -> frozenset[str]:
        """List the traits that exist, whether a provider has them or not.

        :param startswith: only those that begin so.
        :param associated: only those that a provider has (True), or that none
            has (False).
        :raises PlacementError:
        """

    def provider_traits(self, uuid: str) -> ProviderTraits:
        """Read the traits of a provider.

        :raises NotFound: there is no such provider.
        :raises PlacementError:
        """

    def providers_with_any(
        self,
        trait_names: Collection[str],
        in_tree: str | None = None,
        and_any: Collection[str] = (),
    ) -> tuple[Provider, ...]:
        """List the providers that have at least one of these traits.

        :param in_tree: the UUID of a provider whose tree alone is looked at.
        :param and_any: if given, only providers that have at least one of
            these besides, MAX_BESIDE names at most.
        :raises PlacementError:
        """

    def allocations(self, consumer_uuid: str) -> dict[str, dict[str, int]]:
        """Read what a consumer (a server or a migration) has.

        :returns: the amount by resource class by the provider's UUID.
        :raises PlacementError:
        """
