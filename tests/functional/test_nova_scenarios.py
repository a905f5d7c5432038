# SPDX-License-Identifier: Apache-2.0
"""Runs the scenarios of tests/functional/nova_scenarios as one test a module.

Each module runs under unittest in a process of its own, as Nova's test classes
need it, and its output is shown when it fails. Must not import nova.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = 'tests.functional.nova_scenarios'
FOLDER = ROOT.joinpath(*PACKAGE.split('.'))

# What the scenarios share; every other module holds scenarios.
SHARED = {
    '__init__',
    'base',
    'commands',
    'documents',
    'hosts',
    'spies',
    'sysfs',
}
MODULES = sorted({path.stem for path in FOLDER.glob('*.py')} - SHARED)

# Those whose guests move live with devices of a PCI alias.
MOVES_PCI_ALIAS = {
    'differing_pfs',
    'differing_pfs_in_placement',
    'explained_vfs',
    'mail_example',
    'mixed_guest',
    'other_moves',
    'sriov_port',
    'vf_alias',
    'vf_alias_in_placement',
    'vf_names',
}

# What a module may take.
SECONDS = 600

# The last lines of unittest's report.
RAN = re.compile(r'^Ran (\d+) tests? in ', re.MULTILINE)
ALL_PASSED = re.compile(r'^OK$', re.MULTILINE)


def run(module):
    """Run a module under unittest.

    Where a test fails on Nova 29, its services may wait for each other at
    their end, without end.

    :param module: its name in the package
    :returns: the process, ended, with its output as text
    """
    command = [sys.executable, '-m', 'unittest', '-v', f'{PACKAGE}.{module}']
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b'').decode(errors='replace')
        return subprocess.CompletedProcess(
            command, None, f'{output}\nhas not ended after {SECONDS} s'
        )


@pytest.fixture(scope='session')
def runs(request):
    """Start every selected module, as many at once as there are CPUs."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as executor:
        yield {
            module: executor.submit(run, module)
            for module in MODULES
            if any(
                item.path == pathlib.Path(__file__)
                and item.callspec.params['module'] == module
                for item in request.session.items
            )
        }


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    'module',
    [
        pytest.param(
            module,
            marks=[pytest.mark.moves_pci_alias] * (module in MOVES_PCI_ALIAS),
        )
        for module in MODULES
    ],
)
def test_every_scenario_of_the_module_passes_on_real_nova(module, runs):
    process = runs[module].result()
    ran = RAN.search(process.stdout)
    assert process.returncode == 0, process.stdout
    assert ran, process.stdout
    assert int(ran[1]) > 0, process.stdout
    assert ALL_PASSED.search(process.stdout), process.stdout
