# SPDX-License-Identifier: Apache-2.0
"""Upgrades gone through guest by guest, in every order, by every way.

Shares nothing with nova_migcompat.upgrades: there is a guest on every device
here, each is a thing of its own that is somewhere, and nothing is alike.
"""

import itertools


class Fleet:
    """Hosts by name, with the documents of their devices.

    :param may: pairs (source, target) of documents.
    :param hosts: the documents of each host.
    :param replaced: the new document by the old one.
    """

    def __init__(self, may, hosts, replaced):
        self.may, self.hosts, self.replaced = may, hosts, replaced

    def fates(self, order):
        """Tell how far an order may come, over all ways that guests can go.

        :returns: a set of numbers of hosts that were upgraded when a guest was
            stuck; None in it: none was.
        """
        guests = frozenset(
            (host, document, (host, document))
            for host, own in self.hosts.items()
            for document in own
        )
        states, fates = {guests}, set()
        current = {host: set(own) for host, own in self.hosts.items()}
        for done, host in enumerate(order):
            following = set()
            for state in states:
                ways = self._ways(state, host, current)
                if not ways:
                    fates.add(done)
                following |= ways
            states = following
            current[host] = {self.replaced.get(d, d) for d in current[host]}
        return fates | ({None} if states else set())

    def _ways(self, guests, host, current):
        """Every way to empty a host; none where a guest is stuck."""
        leaving = [g for g in guests if g[0] == host and g[1] in self.replaced]
        staying = guests.difference(leaving)
        targets = [
            [
                (other, document, name)
                for other, own in current.items()
                if other != host
                for document in own
                if (source, document) in self.may
            ]
            for _, source, name in leaving
        ]
        return {staying.union(way) for way in itertools.product(*targets)}

    def orders(self, chosen):
        """Every order of the hosts that have something to replace."""
        return itertools.permutations(
            host
            for host in sorted(chosen)
            if not self.replaced.keys().isdisjoint(self.hosts[host])
        )

    def exists(self, chosen):
        """Is there an order in which no guest is stuck, by some way?"""
        return any(None in self.fates(order) for order in self.orders(chosen))


def reachable(may, hosts, replaced, chosen):
    """Tell whether all can be upgraded, by going through every set of hosts.

    Takes for granted what the guests of a Fleet show: that it does not matter
    where they went.
    """
    chosen = sorted(h for h in chosen if replaced.keys() & hosts[h])

    def can_go(host, done):
        there = {
            replaced.get(d, d) if other in done else d
            for other, own in hosts.items()
            if other != host
            for d in own
        }
        return all(
            any((old, d) in may for d in there)
            for old in replaced.keys() & hosts[host]
        )

    reached = {frozenset()}
    for _ in chosen:
        reached = {
            done | {host}
            for done in reached
            for host in chosen
            if host not in done and can_go(host, done)
        }
    return bool(reached)
