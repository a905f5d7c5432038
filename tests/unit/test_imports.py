# SPDX-License-Identifier: Apache-2.0
"""Who imports whom is what DESIGN.md's table "Parts" allows.

The table stands in pyproject.toml as contracts for import-linter. What it
cannot say is checked here besides.
"""

import pathlib
import subprocess
import sys
import tomllib

import grimp
import pytest

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = 'nova_migcompat'


@pytest.fixture(scope='module')
def graph():
    return grimp.build_graph(
        PROJECT, include_external_packages=True, cache_dir=None
    )


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
