# SPDX-License-Identifier: Apache-2.0
"""What the other parts ask of Placement, each a method.

Knows no HTTP but the paths and queries of Placement's API.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import tenacity
from keystoneauth1 import adapter as ksa_adapter
from oslo_log import log as logging

from nova_migcompat import traits
from nova_migcompat.placement import answers, together
from nova_migcompat.placement.answers import (
    Provider,
    ProviderAggregates,
    ProviderTraits,
    Standing,
)
from nova_migcompat.placement.capacity import Capacity
from nova_migcompat.placement.errors import Conflict, NoSuchTrait
from nova_migcompat.placement.merging import merge_aggregates, merge_names
from nova_migcompat.placement.transport import Transport, chunks, path

LOG = logging.getLogger(__name__)

_PROVIDERS = '/resource_providers'
_TRIES = 10

_T = TypeVar('_T')

#: From all names that stand on a provider to those that should.
Change = Callable[[frozenset[str]], Collection[str]]


class PlacementClient(Capacity):
    """Placement, as far as this project needs it.

    A client is cheap, holds no connection of its own and may be used by
    several threads: make one for each piece of work that has a budget. All
    requests are sent with one microversion; a Placement that does not speak it
    yet is a PlacementError that says so.

    The limits hold for requests to Placement. Token and catalog are fetched by
    the adapter's session, whose own ``timeout`` holds for each of these; and
    of a server that answers in drops, each drop may take as long.

    :param adapter: any keystoneauth1 adapter; its raise_exc does not matter
    :param timeout: seconds that each request may take; None: as the adapter's
        session says
    :param budget: seconds that all requests of this client may take together,
        counted from its construction; None: no such limit
    :param retries: how often a request is sent again when no connection comes
        about or the answer is 503; None: as the adapter says
    :param global_request_id: the ``req-<uuid>`` that Placement's log shall
        name
    :param at_once: how many requests there may be at once, where their order
        does not matter
    """

    def __init__(
        self,
        adapter: ksa_adapter.Adapter,
        timeout: float | None = None,
        budget: float | None = None,
        retries: int | None = None,
        global_request_id: str | None = None,
        at_once: int = 1,
    ) -> None:
        self.at_once = at_once
        self._transport = Transport(
            adapter, timeout, budget, retries, global_request_id
        )

    def traits(
        self,
        *,
        startswith: str | None = None,
        names: Collection[str] | None = None,
        associated: bool | None = None,
    ) -> frozenset[str]:
        """List the traits that exist, whether a provider has them or not.

        :param startswith: only those that begin so
        :param names: only these; not together with ``startswith``
        :param associated: only those that a provider has (True), or that none
            has (False)
        :raises PlacementError:
        """
        if names is not None and startswith is not None:
            raise ValueError('Placement takes names or startswith, not both')
        if names is None:
            name = None if startswith is None else f'startswith:{startswith}'
            return self._traits(name, associated)
        parts = [
            self._traits('in:' + ','.join(chunk), associated)
            for chunk in chunks(names)
        ]
        return frozenset[str]().union(*parts)

    def create_trait(self, name: str) -> None:
        """Make a trait that no provider has yet; it may exist already.

        :raises PlacementError:
        """
        self._transport.put(path('traits', name), None, answers.read_nothing)

    def create_traits(self, names: Iterable[str]) -> None:
        """Make traits, ``at_once`` of them side by side; they may exist.

        Placement has no request for several.

        :raises PlacementError: the first that one of them met; nothing is
            sent after it
        """
        together.each(self.create_trait, names, self.at_once)

    def delete_trait(self, name: str) -> None:
        """Delete a custom trait.

        :raises Conflict: a provider has it
        :raises NotFound: there is no such trait
        :raises PlacementError:
        """
        self._transport.delete(path('traits', name), answers.read_nothing)

    def provider(
        self, *, uuid: str | None = None, name: str | None = None
    ) -> Provider | None:
        """Find a resource provider by its UUID or by its name.

        :returns: None where there is none
        :raises PlacementError:
        """
        if uuid is not None and name is None:
            query = ('uuid', uuid)
        elif name is not None and uuid is None:
            query = ('name', name)
        else:
            raise ValueError('either uuid or name')
        if name is not None and not _may_be_a_name(name):
            return None
        found = self._providers(query)
        return found[0] if found else None

    def providers(self) -> tuple[Provider, ...]:
        """List all resource providers.

        :raises PlacementError:
        """
        return self._providers()

    def tree(self, root_uuid: str) -> tuple[Provider, ...]:
        """List the providers of a tree.

        :param root_uuid: the UUID of any of them
        :returns: none where there is no such provider
        :raises PlacementError:
        """
        return self._providers(('in_tree', root_uuid))

    def provider_traits(self, uuid: str) -> ProviderTraits:
        """Read the traits of a provider, ours and others'.

        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        return self._transport.get(
            path('resource_providers', uuid, 'traits'),
            (),
            answers.read_provider_traits,
        )

    def put_provider_traits(
        self, uuid: str, names: Collection[str], generation: int
    ) -> ProviderTraits:
        """Replace the traits of a provider: all of them, others' too.

        :param names: traits that exist
        :param generation: that of the provider when its traits were read
        :returns: what stands there now, and its new generation
        :raises Conflict: the provider is of another generation by now
        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        body = {
            'resource_provider_generation': generation,
            'traits': sorted(names),
        }
        return self._transport.put(
            path('resource_providers', uuid, 'traits'),
            body,
            answers.read_provider_traits,
        )

    def provider_aggregates(self, uuid: str) -> ProviderAggregates:
        """Read the aggregates of a provider, ours and others'.

        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        return self._transport.get(
            path('resource_providers', uuid, 'aggregates'),
            (),
            answers.read_provider_aggregates,
        )

    def put_provider_aggregates(
        self, uuid: str, aggregates: Collection[str], generation: int
    ) -> ProviderAggregates:
        """Replace the aggregates of a provider: all of them, others' too.

        :param aggregates: UUIDs; an aggregate exists by having members
        :param generation: that of the provider when its aggregates were read
        :returns: what stands there now, and its new generation
        :raises Conflict: the provider is of another generation by now
        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        body = {
            'resource_provider_generation': generation,
            'aggregates': sorted(aggregates),
        }
        return self._transport.put(
            path('resource_providers', uuid, 'aggregates'),
            body,
            answers.read_provider_aggregates,
        )

    def standing(self, uuid: str) -> Standing:
        """Read traits and aggregates of a provider at one generation of it.

        :raises Conflict: others wrote each time in between
        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        return self._again(self._standing_once, uuid)

    def update_provider_traits(
        self, uuid: str, change: Change
    ) -> ProviderTraits:
        """Change which of our traits a provider has; others' stay.

        Reads, changes and writes. Where another wrote in between, all of it is
        done again after a wait with jitter, ten times at most. Writes nothing
        where nothing changes.

        :param change: gets all names that stand there, returns those that
            should. Others' names may be among them or not: they stay
        :returns: what stands there now
        :raises ValueError: ``change`` added a name that is not ours
        :raises Conflict: others wrote each time
        :raises NoSuchTrait: a name that should stand there is no trait
        :raises NotFound: there is no such provider
        :raises PlacementError:
        """
        return self._again(self._update_traits_once, uuid, change)

    def update_provider(self, uuid: str, change: Change) -> Standing:
        """Change our traits of a provider and, with them, its aggregates.

        Of our aggregates it is then a member of those whose D names it has,
        and of no other; others' aggregates stay. A D name stands there before
        the membership that goes with it, and leaves after it: wherever this
        ends, the D names tell which memberships are ours. Parameters and
        errors are those of ``update_provider_traits``.
        """
        return self._again(self._update_once, uuid, change)

    def providers_with_any(
        self,
        trait_names: Collection[str],
        in_tree: str | None = None,
        and_any: Collection[str] = (),
    ) -> tuple[Provider, ...]:
        """List the providers that have at least one of these traits.

        A name that is no trait, or not any more, is one that no provider has.

        :param in_tree: the UUID of a provider whose tree alone is looked at
        :param and_any: if given, only providers that have at least one of
            these besides, MAX_BESIDE names at most
        :raises ValueError: these are more
        :raises PlacementError:
        """
        tree = [] if in_tree is None else [('in_tree', in_tree)]
        besides = [sorted(and_any)] if and_any else []
        found: dict[str, Provider] = {}
        for chunk in chunks(trait_names, and_any):
            for provider in self._providers_with([chunk, *besides], tree):
                found[provider.uuid] = provider
        return tuple(found.values())

    def _traits(
        self, name: str | None, associated: bool | None
    ) -> frozenset[str]:
        query = []
        if name is not None:
            query.append(('name', name))
        if associated is not None:
            query.append(('associated', str(associated).lower()))
        return self._transport.get('/traits', query, answers.read_traits)

    def _providers(self, *query: tuple[str, str]) -> tuple[Provider, ...]:
        return self._transport.get(_PROVIDERS, query, answers.read_providers)

    def _providers_with(
        self, groups: list[list[str]], tree: list[tuple[str, str]]
    ) -> tuple[Provider, ...]:
        try:
            return self._providers(*tree, *_required(groups))
        except NoSuchTrait:
            left = self.traits(names={n for group in groups for n in group})
        # Placement refuses the whole request over one name that is no trait,
        # and a trait that no provider has may be deleted at any moment.
        groups = [sorted(left.intersection(group)) for group in groups]
        if not all(groups):
            return ()
        return self._providers(*tree, *_required(groups))

    def _again(self, action: Callable[..., _T], *arguments: object) -> _T:
        """Do what begins with reading until no other writes in between."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Conflict),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=5),
            stop=tenacity.stop_after_attempt(_TRIES),
            sleep=self._transport.pause,
            before_sleep=_log_conflict,
            reraise=True,
        )
        return retrying(action, *arguments)

    def _standing_once(self, uuid: str) -> Standing:
        standing = self.provider_traits(uuid)
        aggregates = self.provider_aggregates(uuid)
        if aggregates.generation != standing.generation:
            raise Conflict(f'{uuid} was written while it was read')
        return Standing(
            standing.names, aggregates.uuids, aggregates.generation
        )

    def _update_traits_once(self, uuid: str, change: Change) -> ProviderTraits:
        before = self.provider_traits(uuid)
        wanted = merge_names(before.names, change(before.names))
        if wanted == before.names:
            return before
        return self.put_provider_traits(uuid, wanted, before.generation)

    def _update_once(self, uuid: str, change: Change) -> Standing:
        standing = self._standing_once(uuid)
        wanted = merge_names(standing.names, change(standing.names))
        aggregates = merge_aggregates(standing, wanted)
        if aggregates != standing.aggregates:
            leaving = filter(traits.is_document, standing.names)
            standing = self._put_names(uuid, wanted.union(leaving), standing)
            standing = self._put_aggregates(uuid, aggregates, standing)
        return self._put_names(uuid, wanted, standing)

    def _put_names(
        self, uuid: str, names: frozenset[str], before: Standing
    ) -> Standing:
        if names == before.names:
            return before
        after = self.put_provider_traits(uuid, names, before.generation)
        return Standing(after.names, before.aggregates, after.generation)

    def _put_aggregates(
        self, uuid: str, aggregates: frozenset[str], before: Standing
    ) -> Standing:
        after = self.put_provider_aggregates(
            uuid, aggregates, before.generation
        )
        return Standing(before.names, after.uuids, after.generation)


def _required(groups: list[list[str]]) -> list[tuple[str, str]]:
    """Ask for one name of each group."""
    return [('required', 'in:' + ','.join(group)) for group in groups]


def _may_be_a_name(name: str) -> bool:
    """Tell whether Placement can be asked who is called so.

    It takes an empty name for none, and lists all providers. Half a character
    stands in no URL; JSON and a command line may have one.
    """
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _log_conflict(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    LOG.debug('Try %d of %d: %s', state.attempt_number, _TRIES, error)
