# SPDX-License-Identifier: Apache-2.0
"""What nova-migcompat explain says besides its rows, and of bad input."""

import pytest

from nova_migcompat import traits
from nova_migcompat.cli import offers
from tests.functional.gpu_fleet import (
    NEW,
    OLD,
    OTHER,
    VGPUS,
    with_gpus,
)

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')


def test_an_address_is_not_checked_where_all_devices_are_alike(cloud, explain):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)

    answer = explain('--from', 'source', '--device', '84:00.0')

    assert (answer.status, answer.passes()) == (0, {'right': True})
    words = 'whether there is one at 0000:84:00.0 is not checked'
    assert words in answer.err
    assert 'is not checked' not in explain('--from', 'source').err


@pytest.mark.parametrize(
    'address',
    ['', '84', '0000:84:00', '0000:84:20.0', '84:00.8', 'gpu', '\x1b'],
)
def test_what_is_no_address_is_a_wrong_call(cloud, explain, capsys, address):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)

    with pytest.raises(SystemExit) as caught:
        explain('--from', 'source', '--device', address)

    assert caught.value.code == 2
    assert 'is no PCI address, as in 0000:84:00.2' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--from', 'moon'], "no host 'moon'"),
        (['--from', ''], "no host ''"),
        (['--from', '\udcff'], r'\udcff'),
        (['--from', 'source', '--host', ''], "no host ''"),
        (['--server', ''], 'no UUID of a server'),
        (['--from', 'source', '--host', 'moon'], "no host 'moon'"),
        (['--from', 'source', '--host', 'source'], 'on that host already'),
        (['--from', 'nothing'], 'publishes no document: does its agent'),
        (
            ['--from', 'source', '--device', '0000:ff:00.0'],
            'publishes nothing for a device',
        ),
        (['--from', 'source', '--nova-conf', '/none'], '/none'),
        (['--from', 'source', '--nova-conf', '/'], '/: cannot be read: Is a'),
        (['--from', 'source', '--nova-conf', '/bin/sh'], '/bin/sh: is no UTF'),
        (
            ['--from', 'source', '--config-file', '/'],
            '/: cannot be read: Is a',
        ),
        (
            ['--server', 'a', '--device', '0000:81:00.0'],
            '--device goes with --from',
        ),
    ],
)
def test_what_cannot_be_used_is_said_and_ends_with_2(
    cloud, explain, arguments, words
):
    with_gpus(cloud, 'source', OLD, OTHER)
    cloud.host('nothing')

    answer = explain(*arguments)

    assert (answer.status, answer.rows) == (2, None)
    assert words in answer.err


def test_nothing_that_a_host_is_called_acts_on_the_terminal(cloud, explain):
    root = with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    with_gpus(cloud, 'wrong', OTHER)
    names = [traits.document_trait(d.digest) for d in (OTHER, NEW)]
    cloud.admin.create_provider('\x1b[31mparent', root, names, VGPUS)

    answer = explain('--from', 'source')

    assert r'\x1b[31mparent' in answer.err
    assert '\x1b' not in answer.err


def test_it_is_said_where_placement_may_have_named_more(
    cloud, explain, monkeypatch
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    assert 'the most that are asked for' not in explain('--from', 'source').err
    monkeypatch.setattr(offers, 'MOST_CANDIDATES', 2)
    assert 'the most that are asked for' in explain('--from', 'source').err


def test_it_is_said_that_documents_above_the_most_are_ignored_at_random(
    cloud, explain, tmp_path
):
    with_gpus(cloud, 'source', OLD)
    with_gpus(cloud, 'right', NEW)
    with_gpus(cloud, 'wrong', OTHER)
    conf = tmp_path / 'nova.conf'
    conf.write_text('[migcompat]\nmax_documents = 2\n')

    answer = explain('--from', 'source', '--nova-conf', str(conf))

    assert (
        'max_documents: 1 of them are not looked at, chosen at' in answer.err
    )
    assert 'at random' not in explain('--from', 'source').err


def test_a_placement_that_is_away_ends_with_2(explain, tmp_path):
    config = tmp_path / 'away.conf'
    config.write_text(
        '[placement]\nauth_type = admin_token\ntoken = x\n'
        'endpoint = http://127.0.0.1:1\nconnect_retries = 0\n'
    )
    answer = explain('--from', 'source', '--config-file', str(config))
    assert (answer.status, answer.rows) == (2, None)
    assert 'Placement: GET ' in answer.err
