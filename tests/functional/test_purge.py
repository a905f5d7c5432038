# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat purge on a real Placement."""

import json
import random
import string
import threading

import pytest

from nova_migcompat import descriptor, traits
from nova_migcompat import placement as placement_module
from nova_migcompat.cli import main, purge
from tests.placement_server import Admin, PlacementServer

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')

FOREIGN = {'CUSTOM_GOLD', 'CUSTOM_MIGCOMPATIBLE_T_X'}


def document(seed, length=200):
    letters = random.Random(seed).choices(string.ascii_letters, k=length)
    return descriptor.parse(f'SELF:\n\tname={"".join(letters)}\n')


X, Y = document('x'), document('y')
D_X, D_Y = (traits.document_trait(found.digest) for found in (X, Y))
L_X = traits.location_trait('pci_0000_81_00_0', X.digest)
F = 'CUSTOM_MIGCOMPAT_F_NAME_X'


@pytest.fixture
def admin(placement):
    admin = Admin(placement.adapter())
    admin.create_traits(FOREIGN)
    return admin


class Command:
    def __init__(self, folder, capsys):
        self._capsys = capsys
        self.config = folder / 'admin.conf'

    def __call__(self, *arguments):
        """Run it; return the exit status, the rows, and the errors."""
        status = main.main(
            [
                'purge',
                '-f',
                'json',
                '--config-file',
                str(self.config),
                *arguments,
            ]
        )
        out, err = self._capsys.readouterr()
        return status, json.loads(out) if out else None, err


@pytest.fixture
def command(tmp_path, placement, capsys):
    command = Command(tmp_path, capsys)
    command.config.write_text(placement.config())
    return command


def ours(admin):
    return set(filter(traits.is_ours, admin.all_traits()))


def row(digest, kind, names, reason, result=purge.REMOVED):
    return {
        'Digest': digest,
        'Kind': kind,
        'Names': names,
        'Reason': reason,
        'Result': result,
    }


def test_texts_of_documents_that_no_provider_has_are_removed(command, admin):
    admin.create_traits([*traits.text_traits(X), *traits.text_traits(Y)])
    admin.create_provider('compute1', traits=[D_Y])

    assert command() == (
        0,
        [row(X.digest, 'text', 2, 'no provider has the document')],
        '',
    )
    assert ours(admin) == {D_Y, *traits.text_traits(Y)}
    assert admin.all_traits() > FOREIGN


def test_names_that_no_provider_has_are_removed(command, admin):
    admin.create_traits([D_X, L_X, D_Y])
    admin.create_provider('compute1', traits=[D_Y])

    status, rows, _ = command()

    assert status == 0
    assert rows == [
        row(X.digest, 'document', 1, 'no provider has the name'),
        row(X.digest, 'location', 1, 'no provider has the name'),
    ]
    assert ours(admin) == {D_Y}


def test_names_of_fields_are_removed_where_that_is_asked_for(command, admin):
    admin.create_traits([F])

    assert command() == (0, [], 'there is nothing to remove\n')
    assert command('--fields')[1] == [
        row(None, 'field', 1, 'no provider has the name')
    ]
    assert ours(admin) == set()


def test_what_another_version_may_have_written_stays(command, admin):
    longer = 'A' * 52
    later = {
        'CUSTOM_MIGCOMPAT_Q_X',
        f'CUSTOM_MIGCOMPAT_D_{longer}',
        f'CUSTOM_MIGCOMPAT_L_PCI_0000_81_00_0_{longer}_2',
        f'CUSTOM_MIGCOMPAT_T_{longer}_{"B" * 8}_1_1_C',
        f'CUSTOM_MIGCOMPAT_T_{X.digest}_V2',
        f'CUSTOM_MIGCOMPAT_T_{Y.digest}_V2',
    }
    admin.create_traits(later)
    admin.create_provider('compute1', traits=[D_Y])

    assert command() == (0, [], 'there is nothing to remove\n')
    assert ours(admin) == {D_Y, *later}


def test_a_dry_run_prints_the_same_and_removes_nothing(command, admin):
    names = {D_X, *traits.text_traits(X)}
    admin.create_traits(names)

    assert command('--dry-run') == (
        0,
        [
            row(
                X.digest,
                'document',
                1,
                'no provider has the name',
                purge.UNTOUCHED,
            ),
            row(
                X.digest,
                'text',
                2,
                'no provider has the document',
                purge.UNTOUCHED,
            ),
        ],
        '',
    )
    assert ours(admin) == names


def test_after_withdrawing_everywhere_a_purge_leaves_nothing(command, admin):
    admin.create_traits([D_X, L_X, F, *traits.text_traits(X)])

    assert command('--fields')[0] == 0
    assert ours(admin) == set()
    assert admin.all_traits() > FOREIGN


def test_a_name_that_cannot_be_removed_is_1_and_hides_no_other(
    command, admin, monkeypatch
):
    first, second = traits.text_traits(X)
    admin.create_traits([D_X, first, second])
    delete = placement_module.PlacementClient.delete_trait

    def refuse(client, name):
        if name == first:
            raise placement_module.PlacementError('no\nroom', 500)
        delete(client, name)

    monkeypatch.setattr(
        placement_module.PlacementClient, 'delete_trait', refuse
    )

    status, rows, _ = command()

    assert status == 1
    assert [row['Result'] for row in rows] == [
        purge.REMOVED,
        'not removed: no\\nroom',
    ]
    assert ours(admin) == {first}


@pytest.mark.parametrize(
    'kind', [traits.text_prefix(X.digest), traits.FIELD_PREFIX]
)
def test_names_are_removed_side_by_side(command, admin, monkeypatch, kind):
    """Each waits for all others: one after another none would go."""
    all_there = threading.Barrier(purge.REQUESTS_AT_ONCE)
    delete = placement_module.PlacementClient.delete_trait

    def delete_together(client, name):
        all_there.wait(timeout=20)
        delete(client, name)

    monkeypatch.setattr(
        placement_module.PlacementClient, 'delete_trait', delete_together
    )
    count = 2 * purge.REQUESTS_AT_ONCE
    admin.create_traits(
        f'{kind}{"B" * 8}_{n}_{count}_AA' for n in range(1, count + 1)
    )

    status, rows, _ = command('--fields')

    assert (status, [row['Names'] for row in rows]) == (0, [count])
    assert ours(admin) == set()


def test_more_documents_than_fit_into_one_batch_are_removed(
    command, admin, monkeypatch
):
    monkeypatch.setattr(placement_module, 'MAX_NAMES', 2)
    documents = [document(i, 8) for i in range(5)]
    admin.create_traits(
        name for found in documents for name in traits.text_traits(found)
    )

    status, rows, _ = command()

    assert (status, len(rows)) == (0, 5)
    assert [row['Digest'] for row in rows] == sorted(
        found.digest for found in documents
    )
    assert ours(admin) == set()


def test_a_placement_that_cannot_be_reached_is_2(command):
    command.config.write_text(
        '[placement]\n'
        'auth_type = admin_token\n'
        'endpoint = http://127.0.0.1:9\n'
        'token = a-secret-token\n'
    )

    status, rows, error = command()

    assert (status, rows) == (2, None)
    assert error.startswith('Placement: GET /traits: ')
    assert 'a-secret-token' not in error


def test_a_placement_that_goes_away_meanwhile_is_2(tmp_path, capsys):
    with PlacementServer() as server:
        Admin(server.adapter()).create_traits([D_X])
        client = placement_module.PlacementClient(server.adapter())
        groups = purge.unused(client)

    with pytest.raises(placement_module.PlacementError):
        list(purge.remove(client, groups))


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (None, 'admin.conf'),
        ('password = a-secret\n', 'admin.conf, line 1: '),
        ('[placement]\n', '[placement] auth_type is not set'),
        ('[placement]\ntimeout = long\n', 'timeout'),
    ],
)
def test_a_bad_configuration_is_2(command, text, words):
    command.config.unlink()
    if text is not None:
        command.config.write_text(text)

    status, rows, error = command()

    assert (status, rows) == (2, None)
    assert words in error
    assert 'a-secret' not in error


def test_who_may_not_delete_is_told_so_and_nothing_is_lost(placement, admin):
    names = {D_X, *traits.text_traits(X)}
    admin.create_traits(names)
    client = placement_module.PlacementClient(placement.adapter())
    groups = purge.unused(client)
    nobody = placement_module.PlacementClient(
        placement.adapter(token='nobody')
    )

    with pytest.raises(placement_module.PlacementError, match='service or ad'):
        list(purge.remove(nobody, groups))

    assert ours(admin) == names
