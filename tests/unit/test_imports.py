# SPDX-License-Identifier: Apache-2.0
"""Who imports whom is what DESIGN.md's table "Parts" allows.

What a part imports itself is held to the table here; what it must not reach
through others stands in pyproject.toml as contracts for import-linter.
"""

import pathlib
import re
import subprocess
import sys
import tomllib

import grimp
import pytest

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = 'nova_migcompat'

#: A row of the table: a part, and what it may import.
ROW = re.compile(rf'\| `{PROJECT}/(\w+)(?:/|\.py)` \|.*\|([^|]*)\|')


@pytest.fixture(scope='module')
def graph():
    return grimp.build_graph(
        PROJECT, include_external_packages=True, cache_dir=None
    )


def table():
    """Return what the table allows each part to import."""
    lines = (ROOT / 'doc/DESIGN.md').read_text().splitlines()
    rows = filter(None, map(ROW.fullmatch, lines))
    words = {row[1]: set(re.findall(r'\w+', row[2])) for row in rows}
    return {
        # "all but ..."
        part: words.keys() - allowed if 'all' in allowed else allowed
        for part, allowed in words.items()
    }


def parts_that_it_imports(graph, part):
    """Return the other parts that a part imports itself."""
    package = f'{PROJECT}.{part}'
    found = {
        other.split('.')[1]
        for module in {package, *graph.find_descendants(package)}
        for other in graph.find_modules_directly_imported_by(module)
        if other.startswith(f'{PROJECT}.')
    }
    return found - {part}


def test_the_table_has_every_part(graph):
    parts = graph.find_children(PROJECT)

    assert {f'{PROJECT}.{part}' for part in table()} == parts


def test_no_part_imports_what_the_table_does_not_allow(graph):
    for part, allowed in table().items():
        assert parts_that_it_imports(graph, part) <= allowed, part


def test_every_contract_is_kept():
    # In a process of its own, as the command disables every logger that it
    # finds.
    command = 'from importlinter import cli; cli.lint_imports_command()'
    process = subprocess.run(
        [sys.executable, '-c', command, '--no-cache'],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert process.returncode == 0, process.stdout


def test_every_part_is_under_a_contract(graph):
    pyproject = tomllib.loads((ROOT / 'pyproject.toml').read_text())
    contracts = pyproject['tool']['importlinter']['contracts']

    under_contract = {
        part for contract in contracts for part in contract['source_modules']
    }

    assert under_contract == set(graph.find_children(PROJECT))


def test_the_language_needs_the_standard_library_only(graph):
    package = f'{PROJECT}.descriptor'
    modules = {package, *graph.find_descendants(package)}

    imported = {
        other
        for module in modules
        for other in graph.find_modules_directly_imported_by(module)
    }

    foreign = {other for other in imported - modules if '.' not in other}
    assert foreign <= sys.stdlib_module_names
    assert {other for other in imported - modules if '.' in other} == set()


def test_the_parts_do_not_import_each_other_in_a_circle(graph):
    for part in graph.find_children(PROJECT):
        others = graph.find_children(PROJECT) - {part}
        for other in others:
            there = graph.find_shortest_chain(part, other, as_packages=True)
            back = graph.find_shortest_chain(other, part, as_packages=True)
            assert there is None or back is None, (there, back)
