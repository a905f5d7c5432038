# SPDX-License-Identifier: Apache-2.0
"""The first of README's two commands, less its environment."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
#: A row of a table that says yes or no.
ROW = re.compile(r'^\| (compute\d) +\| (yes|no) +\| (.*?) *\|$', re.MULTILINE)
#: A row of explain's table.
EXPLAINED = re.compile(r'^\| (compute\d) +\| (True|False) +\|', re.MULTILINE)
#: Runs it with other options of [migcompat].
WITH = """\
import demo.cloud, demo.__main__
conf = demo.cloud.NOVA_CONF
demo.cloud.NOVA_CONF = conf.replace('equal_fields = mdev_type', {options!r})
raise SystemExit(demo.__main__.main())
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, '-W', 'ignore', *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def tables(done):
    """Return for each table who passes and who does not."""
    _, *parts = done.stdout.split('\nLive migration of a guest with ')
    return [
        {host: passes for host, passes, _ in ROW.findall(part)}
        for part in parts
    ]


def test_the_demonstration_shows_which_hosts_pass_and_why_not_the_others():
    done = run('-m', 'demo')
    assert done.returncode == 0, done.stderr
    assert tables(done) == [
        {
            'compute2': 'no',
            'compute3': 'no',
            'compute7': 'no',
            'compute8': 'yes',
        },
        {'compute5': 'yes', 'compute6': 'no', 'compute8': 'no'},
    ]
    assert all(why for _, _, why in ROW.findall(done.stdout))
    explained = dict(EXPLAINED.findall(done.stdout))
    assert explained.pop('compute8') == 'True'
    assert set(explained.values()) == {'False'}
    # The command says before what the filter said then.
    for line in ('1 of 4 hosts pass, 3 have no compatible device',):
        assert done.stdout.count(line) == 2
    assert '| desktop | 1     | compute8 |' in done.stdout
    assert re.search(
        r'^\| compute6 \| 1 +\| 1 +\| ', done.stdout, re.MULTILINE
    )
    assert '0000:81:00.1/migration_compatible, line 13' in done.stdout


def test_where_no_host_passes_the_table_is_shown_as_well():
    done = run('-c', WITH.format(options='equal_fields = interface_version'))
    assert done.returncode == 1, done.stderr
    vgpu, vf = tables(done)
    assert set(vgpu.values()) == {'no'}
    assert vf['compute5'] == 'yes'
    assert ': 0 of 4 hosts pass, ' in done.stdout
