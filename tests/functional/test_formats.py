# SPDX-License-Identifier: Apache-2.0
"""Every command prints the same in every format of cliff."""

import csv
import io
import json

import pytest
import yaml

from nova_migcompat.cli import main
from tests.functional import sample_cloud

# As it runs the application in this process.
pytestmark = pytest.mark.usefixtures('logging_as_before')

OLD, NEW = 'releases/driver-16.4.compat', 'releases/driver-16.9.compat'
SYSFS = ('--sysfs', str(sample_cloud.FLEET / 'compute4' / 'sys'))
RULES = str(sample_cloud.SAMPLES.parent / 'etc' / 'nova-migcompat' / 'rules.d')
COMMANDS = {
    'parse': (OLD, NEW),
    'check': (OLD, NEW),
    'expand': (OLD,),
    'rules test': (RULES, *SYSFS),
    'devices': SYSFS,
    'decode': (f'CUSTOM_MIGCOMPAT_D_{"A" * 32}',),
    'purge': ('--dry-run', '--fields'),
    'hosts': (),
    'show': ('C53XG7HE',),
    'explain': ('--from', 'compute1'),
    'matrix': (),
    'drain': ('compute1',),
    'plan-upgrade': ('--replace', f'2SPX6CRP={NEW}'),
}
#: Those of which the sample fleet has no row.
EMPTY = {'purge'}


def of(name):
    return [*name.split(), *COMMANDS[name]]


def test_there_is_no_other_command():
    commands = main.MigcompatApp().command_manager.commands
    assert commands.keys() - {'help', 'complete'} == COMMANDS.keys()


@pytest.mark.parametrize('name', COMMANDS)
def test_every_format_has_the_same_columns_and_rows(ask_sample, name):
    exact = json.loads(ask_sample(*of(name), '-f', 'json').out)
    assert exact or name in EMPTY
    rows = [exact] if isinstance(exact, dict) else exact
    printed = {
        kind: ask_sample(*of(name), '-f', kind).out
        for kind in ('yaml', 'csv', 'value', 'table')
    }

    assert yaml.safe_load(printed['yaml']) == exact
    header, *cells = csv.reader(io.StringIO(printed['csv']))
    assert len(cells) == len(rows)
    for row in rows:
        assert header == list(row)
        assert all(column in printed['table'] for column in header)
    assert bool(printed['value'].strip()) == bool(rows)


@pytest.mark.parametrize('name', ['hosts', 'explain', 'check', 'expand'])
def test_rows_can_be_sorted_by_every_column_whatever_its_cells_are(
    ask_sample, name
):
    exact = json.loads(ask_sample(*of(name), '-f', 'json').out)
    for column in exact[0]:
        words = ('-f', 'json', '-c', column)
        by = ('--sort-column', column.lower().replace(' ', '_'))
        answer = ask_sample(*of(name), *words, *by)
        assert 'unsortable' not in answer.err
        found = [row[column] for row in json.loads(answer.out)]
        values = [row[column] for row in exact]
        assert sorted(map(str, found)) == sorted(map(str, values))
        if all(isinstance(value, str | int) for value in values):
            assert found == sorted(values)


def test_a_server_is_explained_by_the_documents_of_its_host(ask_sample):
    [server] = json.loads(ask_sample('drain', 'compute4', '-f', 'json').out)
    chosen = ('-f', 'json', '-c', 'Host', '-c', 'Passes', '-c', 'Document')

    by_server = ask_sample('explain', '--server', server['Server'], *chosen)
    by_host = ask_sample('explain', '--from', 'compute4', *chosen)

    assert by_server.status == by_host.status == 0
    assert json.loads(by_server.out) == json.loads(by_host.out)
    assert server['To'] == ['compute5']
