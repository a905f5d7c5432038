# SPDX-License-Identifier: Apache-2.0
"""What is built installs from the wheel alone, and works with one extra.

A source distribution and, from it, a wheel are built as for a release. Each
extra gets an environment of its own, in which nothing is but the wheel and
what that extra asks for. Nothing there comes from the checkout.
"""

import configparser
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import venv

import pytest

from nova_migcompat import descriptor, traits
from tests import fake_sysfs
from tests.placement_server import Admin, PlacementServer

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = 'nova-migcompat'
NODE = 'compute1'
X = 'SELF:\n\tname=x\n'

#: The command that each extra is for.
EXTRAS = {
    'agent': 'nova-migcompat-agent',
    'cli': 'nova-migcompat',
    'scheduler': 'nova-migcompat-status',
}

#: An sdist holds no links to folders, of which sysfs is made.
LEFT_OUT = ('.gitignore', 'samples/fleet/')

NOVA_CONF = """\
[filter_scheduler]
available_filters = nova.scheduler.filters.all_filters
available_filters = nova_migcompat.scheduler.filters.MigrationCompatibilityFilter
enabled_filters = ComputeFilter,MigrationCompatibilityFilter
weight_classes = nova.scheduler.weights.all_weighers,nova_migcompat.scheduler.weights.MigrationCompatibilityWeigher
"""  # noqa: E501

#: What nova/scheduler/host_manager.py does with these options, without the
#: database that it needs besides.
LOAD = """\
import json, sys
import nova.conf
from nova.scheduler import filters, weights
nova.conf.CONF([], default_config_files=[sys.argv[1]], project='nova')
group = nova.conf.CONF.filter_scheduler
classes = filters.HostFilterHandler().get_matching_classes(
    group.available_filters)
found = {each.__name__: each for each in classes}
chosen = [found[name]() for name in group.enabled_filters]
weighers = weights.HostWeightHandler().get_matching_classes(
    group.weight_classes)
for weigher in weighers: weigher()
print(json.dumps([type(each).__module__ for each in chosen]
                 + [each.__module__ for each in weighers]))
"""

#: Nova's scheduler chooses among three computes; of nova-migcompat there is
#: what the wheel has.
SCHEDULE = """\
import json, pathlib, sys
from demo.cloud import Cloud
import nova_migcompat
folder, computes = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
alias = {'name': 'a', 'vendor_id': '15b3', 'product_id': '101e',
         'device_type': 'type-VF'}
cloud = Cloud(folder, (folder / 'placement.conf').read_text(), alias)
for name, provider in computes.items(): cloud.add_compute(name, provider, [])
_, request = cloud.live_migrate('guest', 'source', {'resources:VGPU': '1'})
print(json.dumps([nova_migcompat.__file__, *cloud.schedule(request)]))
"""


def run(*command, cwd=None, status=0, **environment):
    """Run a command; return its standard output.

    :raises AssertionError: it ends with another status
    """
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith('PYTHON')
    }
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**clean, 'PYTHONSAFEPATH': '1', **environment},
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout


class Environment:
    """A virtual environment with the wheel, and what one extra asks for.

    :param folder: where it is made
    :param wheel: the file
    :param extra: the extra's name
    """

    def __init__(self, folder, wheel, extra):
        self.prefix = folder / 'venv'
        venv.create(self.prefix, with_pip=True)
        self.extra = extra
        self._pip(
            'install',
            *('--quiet', '--constraint', ROOT / 'constraints.txt'),
            f'{PACKAGE}[{extra}] @ {wheel.as_uri()}',
        )

    def __call__(self, program, *arguments, **options):
        """Run one of its programs; return the standard output."""
        return run(
            self.prefix / 'bin' / program,
            *arguments,
            cwd=self.prefix,
            **options,
        )

    def check(self):
        """Let pip say whether what is installed goes together."""
        return self._pip('check')

    def _pip(self, *arguments):
        return self(
            'python',
            *('-m', 'pip', '--disable-pip-version-check', *arguments),
        )


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """Return the source distribution and the wheel."""
    folder = tmp_path_factory.mktemp('dist')
    run(sys.executable, '-m', 'build', '--outdir', folder, ROOT, cwd=folder)
    (sdist,) = folder.glob('*.tar.gz')
    (wheel,) = folder.glob('*.whl')
    return sdist, wheel


@pytest.fixture(scope='module')
def installed(built, tmp_path_factory):
    """Return a function that gives the environment of an extra."""
    made = {}

    def give(extra):
        if extra not in made:
            folder = tmp_path_factory.mktemp(extra)
            made[extra] = Environment(folder, built[1], extra)
        return made[extra]

    return give


@pytest.fixture
def placement():
    with PlacementServer() as server:
        yield server


def data_files():
    """Yield the files of setup.cfg's data_files: the place, and the file."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / 'setup.cfg')
    for folder, files in parser['options.data_files'].items():
        for pattern in files.split():
            for path in ROOT.glob(pattern):
                yield pathlib.Path(folder) / path.name, path


def test_the_source_distribution_has_what_the_repository_has(built):
    sdist, _ = built
    with tarfile.open(sdist) as archive:
        names = {
            member.name.partition('/')[2]
            for member in archive.getmembers()
            if member.isfile()
        }
    files = run('git', 'ls-files', '-z', cwd=ROOT).split('\0')
    wanted = {n for n in files if n and not n.startswith(LEFT_OUT)}

    assert wanted - names == set()
    assert not any(name.startswith(LEFT_OUT) for name in names)


@pytest.mark.parametrize('extra', EXTRAS)
def test_an_extra_alone_is_complete_and_starts_its_command(installed, extra):
    environment = installed(extra)

    assert 'No broken requirements found.' in environment.check()
    assert 'usage: ' in environment(EXTRAS[extra], '--help')


@pytest.mark.parametrize('extra', ['agent', 'cli'])
def test_a_command_of_another_extra_says_which_one_is_missing(
    installed, extra
):
    ended = subprocess.run(
        [installed(extra).prefix / 'bin' / EXTRAS['scheduler'], '--help'],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert 'nova-migcompat[scheduler]' in ended.stderr


def test_every_data_file_is_in_its_place_and_for_its_owner_to_write(installed):
    prefix = installed('agent').prefix
    files = dict(data_files())
    assert len(files) >= 16

    for place, source in files.items():
        assert (prefix / place).read_bytes() == source.read_bytes()
        # The agent reads no rules that others may write.
        assert (prefix / place).stat().st_mode & 0o022 == 0


def test_the_agent_reports_what_the_rules_of_the_wheel_make(
    installed, placement, tmp_path
):
    environment = installed('agent')
    sysfs = fake_sysfs.FakeSysfs(tmp_path / 'sys')
    vf = sysfs.function('0000:81:00.0', 'acme_vfio_pci')
    (vf / 'migration_compatible').write_text(X)
    sysfs.function('0000:82:00.0', 'vfio-pci', vendor='0x1ab8')
    admin = Admin(placement.adapter())
    provider = admin.create_provider(NODE)
    config = tmp_path / 'agent.conf'
    config.write_text(
        f'[agent]\nresource_provider = {NODE}\n'
        f'sysfs_root = {sysfs.root}\n'
        f'state_path = {tmp_path / "state"}\n'
        f'rules_folder = {environment.prefix}/etc/nova-migcompat/rules.d\n'
        f'nova_config_files =\n{placement.config()}'
    )
    d_name = traits.document_trait(descriptor.parse(X).digest)
    command = 'nova-migcompat-agent', '--config-file', config

    assert d_name in environment(*command, '--once', '--dry-run')
    assert admin.traits(provider) == set()
    environment(*command, '--once')
    names = admin.traits(provider)
    assert d_name in names
    assert len([n for n in names if '_D_' in n]) == 2
    environment(*command, '--status', status=2)


def test_the_agents_environment_has_no_nova(installed):
    find = 'import importlib.util as u; print(u.find_spec("nova"))'

    assert installed('agent')('python', '-c', find) == 'None\n'


def test_nova_loads_filter_and_weigher_from_the_wheel(
    installed, placement, tmp_path
):
    environment = installed('scheduler')
    nova_conf = tmp_path / 'nova.conf'
    nova_conf.write_text(f'{NOVA_CONF}\n{placement.config()}')

    modules = json.loads(
        environment(
            'python', '-c', LOAD, nova_conf, PYTHONWARNINGS='ignore'
        ).splitlines()[-1]
    )
    checks = environment(
        'nova-migcompat-status',
        *('--config-file', nova_conf, 'upgrade', 'check', '--json'),
        status=1,  # no agent has published anything
    )

    assert modules[:2] == [
        'nova.scheduler.filters.compute_filter',
        'nova_migcompat.scheduler.filters',
    ]
    assert 'nova_migcompat.scheduler.weights' in modules
    codes = {c['check']: c['result'] for c in json.loads(checks)['checks']}
    assert (codes['Filter'], codes['Placement']) == (0, 0)


def test_the_filter_from_the_wheel_chooses_the_compatible_host(
    installed, placement, tmp_path
):
    environment = installed('scheduler')
    shutil.copytree(ROOT / 'demo', tmp_path / 'path' / 'demo')
    (tmp_path / 'placement.conf').write_text(placement.config())
    admin = Admin(placement.adapter())
    computes = {}
    for name, text in (
        ('source', 'SELF:\n a=1\nCOMPATIBLE:\n a={v:int:1,2}\n'),
        ('right', 'SELF:\n a=2\n'),
        ('wrong', 'SELF:\n a=3\n'),
    ):
        document = descriptor.parse(text)
        admin.create_traits(traits.text_traits(document))
        computes[name] = admin.create_provider(
            name,
            traits=['OWNER_NOVA', traits.document_trait(document.digest)],
            inventory=dict.fromkeys(
                ('VCPU', 'MEMORY_MB', 'DISK_GB', 'VGPU'), 9999
            ),
        )

    said = environment(
        'python',
        *('-c', SCHEDULE, tmp_path, json.dumps(computes)),
        PYTHONPATH=str(tmp_path / 'path'),
        PYTHONWARNINGS='ignore',
    )

    file, *hosts = json.loads(said.splitlines()[-1])
    assert pathlib.Path(file).is_relative_to(environment.prefix)
    assert hosts == ['right']


def test_the_operators_command_reads_draws_and_asks(
    installed, placement, tmp_path
):
    environment = installed('cli')
    document = tmp_path / 'x.compat'
    document.write_text(X)
    admin_conf = tmp_path / 'admin.conf'
    admin_conf.write_text(placement.config())
    rules = environment.prefix / 'etc/nova-migcompat/rules.d'
    sysfs = fake_sysfs.FakeSysfs(tmp_path / 'sys')
    sysfs.function('0000:82:00.0', 'vfio-pci', vendor='0x1ab8')

    page = tmp_path / 'page.html'
    environment('nova-migcompat', 'matrix', document, '--output', page)
    made = environment(
        'nova-migcompat',
        *('rules', 'test', rules, '--sysfs', sysfs.root, '-f', 'json'),
    )
    hosts = environment(
        'nova-migcompat',
        *('hosts', '--config-file', admin_conf, '-f', 'json'),
    )

    assert '<svg' in page.read_text()
    assert len(json.loads(made)) == 1
    assert json.loads(hosts) == []
