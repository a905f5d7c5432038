# SPDX-License-Identifier: Apache-2.0
"""The command matrix on a real Placement."""

import csv
import io
import pathlib
import re

import pytest

from nova_migcompat import descriptor
from nova_migcompat.cli import matrix
from tests.functional import sample_cloud

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')

PICTURE = pathlib.Path(__file__).parents[2] / 'doc/source/matrix.svg'

OLD = descriptor.parse('SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n')
NEW = descriptor.parse('SELF:\n a=2\nCOMPATIBLE:\n a=2\n')


def rows(answer):
    assert (answer.status, answer.err) == (0, '')
    return [tuple(row.values()) for row in answer.rows]


def moves(answer, is_other=lambda source, target: source != target):
    """Return who may move to whom, but for itself."""
    return {
        (source, target, how)
        for source, target, how, *_ in rows(answer)
        if how != 'no' and is_other(source, target)
    }


def test_the_sample_fleet_is_what_its_readme_says(
    command, tmp_path, placement
):
    sample_cloud.publish(tmp_path, placement)

    answer = command('matrix', '--by', 'host', '-f', 'json')

    assert len(answer.rows) == 64
    assert moves(answer) == {
        ('compute1', 'compute2', 'yes'),
        ('compute1', 'compute8', 'yes'),
        ('compute8', 'compute2', 'yes'),
        ('compute3', 'compute1', 'partly'),
        ('compute4', 'compute5', 'yes'),
        ('compute5', 'compute4', 'yes'),
    }


def test_documents_are_compared_with_the_hosts_behind_them(command, cloud):
    cloud.host('compute1', OLD)
    cloud.host('compute2', NEW)
    cloud.host('compute3', NEW, OLD)

    found = rows(command('matrix', '-f', 'json'))

    by = 'COMPATIBLE object 1 of the source'
    assert found[:2] == [
        (OLD.digest, OLD.digest, 'yes', 2, by),
        (OLD.digest, NEW.digest, 'yes', 2, by),
    ]
    assert found[2][:4] == (NEW.digest, OLD.digest, 'no', 2)
    assert "a: '1', allowed" in found[2][4]


def test_groups_are_the_hosts_of_the_same_documents(command, cloud):
    for number in (1, 2, 10):
        cloud.host(f'compute{number}', OLD)
    cloud.host('compute3', NEW)

    answer = command('matrix', '--by', 'group', '-f', 'json')

    olds = ['compute1', 'compute2', 'compute10']
    assert [row[:4] for row in rows(answer)] == [
        (olds, olds, 'yes', 3),
        (olds, ['compute3'], 'yes', 1),
        (['compute3'], olds, 'no', 3),
        (['compute3'], ['compute3'], 'yes', 1),
    ]
    assert 'compute1 and 2 more' in command('matrix', '--by', 'group').out


def test_a_text_that_cannot_be_read_is_not_known(command, cloud):
    cloud.host('compute1', OLD)
    cloud.host('compute2', NEW, texts=False)

    found = rows(command('matrix', '--by', 'host', '-f', 'json'))

    assert [row[2] for row in found] == [
        'yes',
        'unknown',
        'unknown',
        'unknown',
    ]
    assert found[1][4].endswith(f'{NEW.digest[:8]}: no text is published')


def test_the_picture_of_the_sample_fleet_is_drawn(
    command, tmp_path, placement
):
    sample_cloud.publish(tmp_path, placement)
    path = tmp_path / 'out.html'

    answer = command('matrix', '--output', str(path), '-f', 'json')

    assert rows(answer) == [(str(path), 9, 8, 15, 4, 5)]
    text = path.read_text()
    assert 'Read from Placement, ' in text
    assert 'i915-GVTg_V5_2, interface 3' in text


def test_the_documentation_shows_the_picture_as_it_is(
    command, tmp_path, placement
):
    sample_cloud.publish(tmp_path, placement)
    path = tmp_path / 'out.svg'

    command('matrix', '--output', str(path))

    # After a change: nova-migcompat matrix --output doc/source/matrix.svg
    drawn, shown = (
        re.sub(
            '[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5} UTC', '', file.read_text()
        )
        for file in (path, PICTURE)
    )
    assert drawn == shown


def test_texts_of_hosts_act_on_nobody(command, cloud, tmp_path):
    nasty = '<script>alert(1)</script>'
    document = descriptor.parse(f'SELF:\n mdev_type="=1+{nasty}\'"\n')
    other = descriptor.parse('SELF:\n mdev_type="@x"\nCOMPATIBLE:\n a=1\n')
    cloud.host('=compute1', document)
    cloud.host(f'-{nasty}', other)
    page = tmp_path / 'out.html'

    command('matrix', '--output', str(page))
    as_csv = command('matrix', '--by', 'host', '-f', 'csv').out

    text = page.read_text()
    assert '<script' not in text
    assert '=1+&lt;script&gt;' in text
    found = list(csv.reader(io.StringIO(as_csv)))
    assert {row[0] for row in found[1:]} == {"'=compute1", f"'-{nasty}"}
    assert not [c for r in found for c in r if c.startswith(tuple('=+-@'))]


def test_nothing_is_no_picture(command, tmp_path):
    path = tmp_path / 'out.svg'

    drawn = command('matrix', '--output', str(path))

    listed = command('matrix', '-f', 'json')
    assert (listed.status, listed.rows) == (0, [])
    assert 'no host publishes a document' in listed.err
    assert (drawn.status, drawn.out, path.exists()) == (2, '', False)
    assert 'no host publishes a document' in drawn.err


def test_more_pairs_than_anybody_uses_are_refused(command, cloud, monkeypatch):
    monkeypatch.setattr(matrix, '_MOST_PAIRS', 4)
    for number in range(3):
        cloud.host(f'compute{number}', OLD)

    refused = command('matrix', '--by', 'host')

    assert (refused.status, refused.out) == (2, '')
    assert '3 hosts make 9 pairs, of which 4 at most' in refused.err
    assert len(rows(command('matrix', '--by', 'group', '-f', 'json'))) == 1
