# SPDX-License-Identifier: Apache-2.0
"""A fleet that is only written down, for those who would ask Placement."""

import types

from nova_migcompat import traits


class Placement:
    """Providers with our names, asked as PlacementClient is asked.

    :ivar documents: those whose text stands in bare names
    :ivar requests: how many there were
    """

    def __init__(self, *documents):
        self.documents = documents
        self.names = {}
        self.roots = {}
        self.requests = 0

    def add(self, uuid, *names, root=None):
        self.names[uuid] = frozenset(names)
        self.roots[uuid] = root or uuid

    def provider_traits(self, uuid):
        self.requests += 1
        return types.SimpleNamespace(names=self.names[uuid])

    def traits(self, startswith, associated=None):
        self.requests += 1
        if startswith.startswith(traits.TEXT_PREFIX):
            return frozenset(
                n for d in self.documents for n in traits.text_traits(d)
            )
        return frozenset[str]().union(*self.names.values())

    def providers_with_any(self, names, in_tree=None, and_any=()):
        self.requests += 1
        return [
            types.SimpleNamespace(uuid=uuid, root_uuid=self.roots[uuid])
            for uuid, own in self.names.items()
            if in_tree in (None, self.roots[uuid])
            and own & frozenset(names)
            and (not and_any or own & frozenset(and_any))
        ]

    def allocations(self, _consumer):
        self.requests += 1
        return {'source-gpu': {'VGPU': 1}}


def d(*documents):
    """Name documents, as their hosts do."""
    return [traits.document_trait(each.digest) for each in documents]
