# SPDX-License-Identifier: Apache-2.0
"""The purge and agents at the same moment, on a real Placement.

Whatever the order of their requests: in the end each document that a provider
has can be read.
"""

import itertools
import random
import sys

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import desired, publish
from nova_migcompat.cli import purge
from tests.functional.turns import Worker
from tests.placement_server import Admin

LETTERS = 'abcdefghijklmnopqrstuvwxyz'
FOREIGN = {'COMPUTE_NODE', 'CUSTOM_GOLD'}


def document(seed):
    """Make a document whose text takes two names."""
    value = ''.join(random.Random(seed).choices(LETTERS, k=200))
    made = descriptor.parse(f'SELF:\n\tname={value}\n')
    assert len(traits.text_traits(made)) == 2
    return made


X, Y = document('x'), document('y')


class Fleet:
    """Compute nodes, their agents, and an administrator who purges."""

    def __init__(self, server):
        self.server = server
        self.admin = Admin(server.adapter())
        self.nodes = {}
        self._start = None

    def begin(self, texts=(), names=(), **nodes):
        """Start again, with a Placement in which only this stands.

        :param texts: T names that stand there
        :param names: other names that do
        :param nodes: what each node has published before
        """
        if self._start == (start := (texts, names, nodes)):
            self.server.restore()
            return
        self._start = start
        self.server.reset()
        self.admin.create_traits([*texts, *names])
        for node, before in nodes.items():
            self.nodes[node] = self.admin.create_provider(node, traits=FOREIGN)
            self.agent(node, before).finish()
        self.server.save()

    def agent(self, node, *documents):
        """Start an agent's cycle."""
        wanted = desired.Desired(
            frozenset(traits.document_trait(d.digest) for d in documents),
            documents={d.digest: d for d in documents},
        )

        def work(client):
            provider = client.provider(name=node)
            plan = publish.compare(client, provider, wanted)
            publish.apply(client, plan, wanted.documents)

        return Worker(self.server, work)

    def purge(self):
        """Start a purge."""
        return Worker(
            self.server,
            lambda client: list(purge.remove(client, purge.unused(client))),
        )

    def assert_all_is_well(self, *workers, **nodes):
        """Each node has just its document, and the document can be read."""
        for worker in workers:
            if worker.failure:
                raise worker.failure
        names = self.admin.all_traits()
        for node, expected in nodes.items():
            found = self.admin.traits(self.nodes[node])
            digests = {d.digest for d in expected}
            assert traits.digests(found) == digests
            assert {n for n in found if not traits.is_ours(n)} == FOREIGN
            assert traits.read_texts(names, digests).problems == {}
            assert self.admin.aggregates(
                self.nodes[node]
            ) == traits.aggregates(found)


@pytest.fixture
def fleet(placement):
    return Fleet(placement)


STARTS = {
    'new': {'node': Y},
    'left': {
        'texts': traits.text_traits(X),
        'names': [traits.document_trait(X.digest)],
        'node': Y,
    },
    'half': {'texts': traits.text_traits(X)[1:], 'node': Y},
    'same': {'texts': traits.text_traits(Y), 'node': X},
}


def steps(worker, count):
    """Let a worker go on; return whether it has not ended before."""
    for _ in range(count):
        if worker.over:
            return False
        worker.step()
    return True


@pytest.mark.parametrize('start', STARTS)
def test_a_purge_may_be_interrupted_by_a_whole_cycle(fleet, start):
    for count in itertools.count():
        fleet.begin(**STARTS[start])
        purging, agent = fleet.purge(), fleet.agent('node', X)
        goes_on = steps(purging, count)
        agent.finish()
        purging.finish()
        fleet.assert_all_is_well(purging, agent, node=[X])
        if not goes_on:
            break
    assert count > 2


@pytest.mark.parametrize('start', STARTS)
def test_a_cycle_may_be_interrupted_by_a_whole_purge(fleet, start):
    for count in itertools.count():
        fleet.begin(**STARTS[start])
        purging, agent = fleet.purge(), fleet.agent('node', X)
        goes_on = steps(agent, count)
        purging.finish()
        agent.finish()
        fleet.assert_all_is_well(purging, agent, node=[X])
        if not goes_on:
            break
    assert count > 5


@pytest.mark.parametrize('purge_first', [False, True])
def test_each_may_be_interrupted_once_at_any_two_requests(fleet, purge_first):
    # From where both begin to write; the tests above begin at the first read.
    for first in itertools.count(3 if purge_first else 8):
        for second in itertools.count(8 if purge_first else 3):
            fleet.begin(**STARTS['left'])
            workers = [fleet.agent('node', X), fleet.purge()]
            one, other = reversed(workers) if purge_first else workers
            one_goes_on = steps(one, first)
            other_goes_on = steps(other, second)
            one.finish()
            other.finish()
            fleet.assert_all_is_well(one, other, node=[X])
            if not other_goes_on:
                break
        if not one_goes_on:
            break


def test_an_agent_may_be_killed_at_any_request_beside_a_purge(fleet):
    for count in itertools.count(5):
        fleet.begin(**STARTS['left'])
        purging, agent = fleet.purge(), fleet.agent('node', X)
        steps(purging, 5)  # it has deleted the first of two names
        goes_on = steps(agent, count)
        agent.kill()
        purging.finish()
        following = fleet.agent('node', X)
        following.finish()
        fleet.assert_all_is_well(purging, following, node=[X])
        if not goes_on:
            break


def test_a_purge_may_be_killed_at_any_request(fleet):
    for count in itertools.count():
        fleet.begin(**STARTS['left'])
        purging, agent = fleet.purge(), fleet.agent('node', X)
        goes_on = steps(purging, count)
        agent.finish()
        steps(purging, 1)
        purging.kill()
        following = fleet.agent('node', X)
        following.finish()
        fleet.assert_all_is_well(agent, following, node=[X])
        if not goes_on:
            break


def test_two_agents_and_two_purges_may_meet_in_any_order(fleet):
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f'seed {seed}\n')  # shown where the test fails
    numbers = random.Random(seed)
    for _ in range(10):
        fleet.begin(texts=traits.text_traits(X)[:1], one=X, two=Y)
        workers = [
            fleet.agent('one', Y),
            fleet.agent('two', X),
            fleet.purge(),
            fleet.purge(),
        ]
        while left := [worker for worker in workers if not worker.over]:
            numbers.choice(left).step()
        fleet.assert_all_is_well(*workers, one=[Y], two=[X])
