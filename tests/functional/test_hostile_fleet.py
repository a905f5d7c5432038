# SPDX-License-Identifier: Apache-2.0
"""Decisions in a fleet that wishes the scheduler ill, on a real Placement."""

import concurrent.futures
import random
import string
import time
import types

import pytest
from keystoneauth1 import exceptions

from nova_migcompat import (
    decision,
    demand,
    descriptor,
    fleet,
    policies,
    selection,
    traits,
)
from nova_migcompat.placement import PlacementClient, PlacementError
from nova_migcompat.scheduler import offers
from tests.functional.published_fleet import Fleet
from tests.unit.descriptor import test_hostile

GPU = descriptor.parse(
    'SELF:\n a=1\n' + ''.join(f' f{n}={"x" * 99}\n' for n in range(9))
    + 'COMPATIBLE:\n a={v:int:1,2}\n'
    + ''.join(f' f{n}={"x" * 99}\n' for n in range(9))
)  # fmt: skip
LIKE = descriptor.parse(
    'SELF:\n a=2\n' + ''.join(f' f{n}={"x" * 99}\n' for n in range(9))
)
OTHER = descriptor.parse('SELF:\n a=3\n')
POLICY = decision.Policy()


class Failing:
    """An adapter whose n-th request fails."""

    def __init__(self, adapter, number, answer):
        self._adapter = adapter
        self._left = number
        self._answer = answer

    def get(self, url, **options):
        self._left -= 1
        if self._left:
            return self._adapter.get(url, **options)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def response(status, text):
    def json():
        raise ValueError(text)

    return types.SimpleNamespace(
        status_code=status, text=text, content=text.encode(), json=json
    )


@pytest.fixture
def cloud(placement):
    cloud = Fleet(placement)
    cloud.source = cloud.host('source', GPU)
    cloud.right = cloud.host('right', LIKE)
    cloud.wrong = cloud.host('wrong', OTHER)
    return cloud


def passing(cloud, client=None, library=None):
    client = client or cloud.client
    guest = fleet.Guest(cloud.source, (), None, {'VGPU': 1})
    found = demand.read(client, library or fleet.Library(), POLICY, guest)
    hosts = [
        types.SimpleNamespace(uuid=uuid, allocation_candidates=[])
        for uuid in (cloud.right, cloud.wrong)
    ]
    pools = offers.Pools([])
    selected = selection.Selector(client, POLICY).select(found, hosts, pools)
    return selected.passed


def forged(document, count):
    """Forge parts: other streams, and other payloads of the true one."""
    dice = random.Random(7)
    letters = string.ascii_uppercase + '234567'
    *_, true = traits.text_traits(document)
    for number in range(count):
        payload = ''.join(dice.choices(letters, k=120))
        check = ''.join(dice.choices(letters, k=8))
        if number % 2:
            stem = true.rpartition('_')[0]
            yield f'{stem}_{payload}'
        else:
            prefix = traits.text_prefix(document.digest)
            yield f'{prefix}{check}_{dice.randint(1, 9)}_9_{payload}'


def test_forged_and_duplicated_parts_by_the_thousand_hide_nothing(cloud):
    for document in (GPU, LIKE):
        cloud.admin.create_traits(
            name for name in forged(document, 60) if len(name) <= 255
        )
    elsewhere = descriptor.parse('SELF:\n z=1\n')
    cloud.admin.create_traits(forged(elsewhere, 1000))
    assert passing(cloud) == {cloud.right}


def test_documents_that_hit_every_limit_do_not_change_the_others(cloud):
    hit = []
    for text in test_hostile.TEXTS.values():
        try:
            document = descriptor.parse(text)
            names = traits.text_traits(document)
        except (descriptor.DescriptorError, traits.TextError):
            continue
        hit.append(document)
        cloud.admin.create_traits(names)
        cloud.host(f'hostile{len(hit)}', document)
    assert len(hit) > 5
    assert passing(cloud) == {cloud.right}


@pytest.mark.parametrize(
    'answer',
    [
        exceptions.ConnectTimeout('slow'),
        exceptions.ConnectFailure('away'),
        response(500, 'oops'),
        response(503, '<html>busy</html>'),
        response(200, 'no JSON'),
    ],
    ids=['timeout', 'connection', '500', '503', 'garbage'],
)
def test_a_request_that_fails_poisons_nothing(cloud, placement, answer):
    for number in range(1, 6):
        library = fleet.Library()
        failing = Failing(placement.adapter(), number, answer)
        with pytest.raises(PlacementError):
            passing(cloud, PlacementClient(failing), library)
        assert passing(cloud, library=library) == {cloud.right}


def test_schedulers_in_many_threads_decide_alike(cloud):
    library = fleet.Library(most=2)
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        found = executor.map(
            lambda _: passing(cloud, library=library), range(40)
        )
        assert set(found) == {frozenset({cloud.right})}


def test_a_thousand_hostile_documents_take_bounded_time(cloud, monkeypatch):
    """Those that take longest to read, and to match against a SELF."""
    seconds = 0.2
    letters = [f'{{v:int:{n}..{n + 4000}}}*1' for n in range(1000)]
    documents = [
        descriptor.parse(
            f'SELF:\n a={n}\nCOMPATIBLE:\n b={letter}'
            + ''.join(f'\n c{k}={{v}}{"+{v}" * 200}' for k in range(1))
            + '\n'
        )
        for n, letter in enumerate(letters)
    ]
    texts = [name for d in documents for name in traits.text_traits(d)]
    names = fleet.Names(
        frozenset(d.digest for d in (*documents, GPU, LIKE, OTHER)), {}
    )
    monkeypatch.setattr(fleet, 'in_use', lambda *_, **__: names)
    ours = [n for d in (GPU, LIKE, OTHER) for n in traits.text_traits(d)]
    client = types.SimpleNamespace(
        provider_traits=cloud.client.provider_traits,
        traits=lambda **_: frozenset([*texts, *ours]),
        providers_with_any=cloud.client.providers_with_any,
    )
    policy = decision.Policy(direction='both')
    guest = fleet.Guest(cloud.source, (), None, {'VGPU': 1})
    library = fleet.Library()
    for _ in range(3):
        started = time.thread_time()
        found = demand.read(
            client,
            library,
            policy,
            guest,
            limits=policies.Limits(seconds=seconds),
        )
        # Reading and matching, and ten times the room for what lies around.
        assert time.thread_time() - started < 10 * 2 * seconds
        assert GPU.digest not in found.problems
    assert library.known([GPU.digest])
