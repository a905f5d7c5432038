# SPDX-License-Identifier: Apache-2.0
"""What the agent does where a purge takes what it needs, on a real Placement.

That the two may meet at any request is in test_purge_race.
"""

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat.placement import PlacementError
from tests.functional.agent_host import NODE, Host

GPU = f'{NODE}_pci_0000_84_00_0'
X = 'SELF:\n\tname=x\n'
Y = 'SELF:\n\tname=y\n'


@pytest.fixture
def host(tmp_path, placement):
    return Host(tmp_path, placement)


def document_trait(text):
    return traits.document_trait(descriptor.parse(text).digest)


def test_text_that_a_purge_takes_meanwhile_is_put_back(host, placement):
    host.gpu('0000:84:00.0', X)

    def purge():
        for name in host.texts_by_name():
            placement.adapter().delete(f'/traits/{name}', microversion='1.39')

    host.before_request['PUT', 'provider traits'].append(purge)

    host.run()

    assert len(host.texts()) == 1


def test_text_that_is_deleted_as_soon_as_it_is_written_is_a_failure(
    host, placement
):
    host.gpu('0000:84:00.0', X)

    def purge():
        for name in host.texts_by_name():
            placement.adapter().delete(f'/traits/{name}', microversion='1.39')
        host.before_request['GET', 'trait'].append(purge)

    purge()

    with pytest.raises(PlacementError, match='as soon as it is written'):
        host.run()


def test_text_that_was_lost_is_restored_by_the_next_run(host, placement):
    host.gpu('0000:84:00.0', X)
    host.run()
    for name in host.texts_by_name():
        placement.adapter().delete(f'/traits/{name}', microversion='1.39')

    host.run()

    assert len(host.texts()) == 1


@pytest.mark.parametrize('text', [X, Y])
def test_names_that_a_purge_takes_before_they_are_used_are_made_again(
    host, placement, text
):
    host.gpu('0000:84:00.0', X)
    host.gpu('0000:85:00.0', Y)

    def purge():
        response = placement.adapter().delete(
            f'/traits/{document_trait(text)}', microversion='1.39'
        )
        assert response.status_code == 204

    host.before_request['PUT', 'provider traits'].append(purge)

    host.run()

    assert host.ours() == {document_trait(X), document_trait(Y)}
    assert host.ours(GPU) == {document_trait(X)}
