# SPDX-License-Identifier: Apache-2.0
"""Documents that may move just where a test says, and upgrades of them."""

from nova_migcompat import descriptor, upgrades


class Made:
    """An upgrade of documents 0, 1, 2...

    :param may: pairs (source, target); every other pair is not compatible.
    :param hosts: the documents of each host, by its name.
    :param replaced: the new document by the old one.
    :param chosen: the hosts that are upgraded; None: all.
    """

    def __init__(self, may, hosts, replaced, chosen=None):
        self.hosts, self.replaced = hosts, replaced
        used = {d for own in hosts.values() for d in own}
        self.numbers = sorted({*used, *replaced, *replaced.values()})
        self.documents = {n: document(n, may) for n in self.numbers}
        self.digests = {n: d.digest for n, d in self.documents.items()}
        self.number_of = {d: n for n, d in self.digests.items()}
        self.chosen = frozenset(hosts if chosen is None else chosen)

    @property
    def change(self):
        return upgrades.Change(
            {
                host: frozenset(self.digests[n] for n in own)
                for host, own in self.hosts.items()
            },
            {d.digest: d for d in self.documents.values()},
            {
                self.digests[old]: self.digests[new]
                for old, new in self.replaced.items()
            },
            self.chosen,
        )

    def plan(self, **options):
        return upgrades.plan(self.change, **options)


def document(number, may=()):
    """Make the document of a number, which may move where pairs say."""
    targets = sorted(target for source, target in may if source == number)
    text = f'SELF:\n  id={number}\n'
    if targets:
        text += f'COMPATIBLE:\n  id={{v:int:{",".join(map(str, targets))}}}\n'
    return descriptor.parse(text)
