# SPDX-License-Identifier: Apache-2.0
"""What nova-migcompat purge makes of what Placement says to each name."""

import pytest

from nova_migcompat import placement, traits
from nova_migcompat.cli import purge

DIGESTS = ['A' * 32, 'B' * 32]
D = [traits.document_trait(digest) for digest in DIGESTS]

GONE = placement.NotFound('gone', 404)
USED = placement.Conflict('in use', 409)
FULL = placement.PlacementError('no\nroom', 500)
DENIED = placement.PlacementError('no role', 403)
AWAY = placement.PlacementError('no answer')


class Client:
    """A Placement of which no provider has a name when it is asked.

    :ivar sent: the names that it was asked to delete
    """

    def __init__(self, at_once, **refusals):
        self.at_once = at_once
        self.sent = []
        self._refusals = refusals

    def delete_trait(self, name):
        self.sent.append(name)
        if error := self._refusals.get(name):
            raise error

    def traits(self, names, associated):
        assert associated
        return frozenset()

    def create_traits(self, names):
        assert not list(names)


def texts(digest, *names):
    return purge.Group(purge.TEXT, digest, names)


@pytest.fixture(params=[1, 4])
def at_once(request):
    return request.param


@pytest.mark.parametrize(
    ('first', 'second', 'result', 'failed'),
    [
        (None, None, purge.REMOVED, False),
        (GONE, None, purge.REMOVED, False),
        (USED, None, purge.TAKEN_UP, False),
        (FULL, None, 'not removed: no\\nroom', True),
        (USED, FULL, 'not removed: no\\nroom', True),
        (FULL, USED, 'not removed: no\\nroom', True),
        (FULL, GONE, 'not removed: no\\nroom', True),
    ],
)
def test_each_name_of_a_group_counts(at_once, first, second, result, failed):
    group = texts(DIGESTS[0], 'a', 'b', 'c')
    client = Client(at_once, a=first, b=second)

    [outcome] = purge.remove(client, [group])

    assert outcome == purge.Outcome(group, result, failed)
    assert sorted(client.sent) == ['a', 'b', 'c']


def test_a_refusal_hides_no_other_group(at_once):
    groups = [
        purge.Group(purge.DOCUMENT, DIGESTS[0], (D[0],)),
        texts(DIGESTS[0], 'a', 'b'),
        purge.Group(purge.LOCATION, DIGESTS[1], ('x', 'y', 'z')),
        texts(DIGESTS[1], 'c'),
    ]
    client = Client(at_once, y=USED, b=FULL)

    outcomes = list(purge.remove(client, groups))

    assert [(o.group, o.result) for o in outcomes] == [
        (groups[0], purge.REMOVED),
        (groups[2], purge.TAKEN_UP),
        (groups[1], 'not removed: no\\nroom'),
        (groups[3], purge.REMOVED),
    ]
    assert len(client.sent) == 7


@pytest.mark.parametrize('error', [DENIED, AWAY])
def test_what_every_other_name_would_meet_ends_it(at_once, error):
    names = [f'n{number:02}' for number in range(20)]
    client = Client(at_once, **dict.fromkeys(names, error))

    with pytest.raises(placement.PlacementError) as caught:
        list(purge.remove(client, [texts(DIGESTS[0], *names)]))

    assert caught.value is error
    assert len(client.sent) <= at_once
