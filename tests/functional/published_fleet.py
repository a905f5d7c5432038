# SPDX-License-Identifier: Apache-2.0
"""A fleet in a real Placement, as its agents would have published it."""

from nova_migcompat import traits
from nova_migcompat.placement import PlacementClient
from tests.placement_server import Admin


class Counting:
    """An adapter that counts what passes through it."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.urls = []

    def get(self, url, **options):
        self.urls.append(url)
        return self.adapter.get(url, **options)


class Fleet:
    """Hosts that publish, as their agents would have done it."""

    def __init__(self, server):
        self.admin = Admin(server.adapter())
        self.adapter = Counting(server.adapter())
        self.client = PlacementClient(self.adapter)

    def host(self, name, *documents, texts=True, more=(), parents=()):
        names = [traits.document_trait(d.digest) for d in documents]
        if texts:
            for document in documents:
                self.admin.create_traits(traits.text_traits(document))
        uuid = self.admin.create_provider(name, traits=[*names, *more])
        for parent, *found in parents:
            names = [traits.document_trait(d.digest) for d in found]
            self.admin.create_provider(f'{name}_{parent}', uuid, names)
        return uuid
