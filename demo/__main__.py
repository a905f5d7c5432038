# SPDX-License-Identifier: Apache-2.0
"""Run the main job on the sample fleet, and show what comes of it.

Placement runs over SQLite in a process of its own; nova-migcompat-agent runs
once for each host's sysfs tree; Nova's filter scheduler then chooses a host
for two live migrations. The tables show the filter's own words. Then the
operator's command says the same beforehand.
"""

import logging
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from typing import Any, cast

import prettytable
from nova.objects import fields

from demo import command
from demo.cloud import Cloud
from nova_migcompat.agent import hardware, model
from tests.placement_server import TOKEN, Admin, PlacementServer

FLEET = pathlib.Path(__file__).parent.parent / 'samples' / 'fleet'
MIGRATION = {'VCPU': 2, 'MEMORY_MB': 2048}
ALIAS = {
    'name': command.ALIAS,
    'vendor_id': '15b3',
    'product_id': '101e',
    'device_type': 'type-VF',
    'live_migratable': 'yes',
}


class Words(logging.Handler):
    """What the filter logs of a decision."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.summary = ''
        self.reasons: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        args = cast(tuple[Any, ...], record.args)
        if record.levelno > logging.DEBUG:
            self.summary = record.getMessage()
        elif args and hasattr(args[0], 'host'):
            host_state, _, reason = args
            self.reasons[host_state.host] = reason


def main() -> int:
    """Run the demonstration; return 0 where both guests found a host."""
    with (
        tempfile.TemporaryDirectory(prefix='migcompat-') as name,
        PlacementServer() as placement,
    ):
        folder = pathlib.Path(name)
        admin = Admin(placement.adapter())
        cloud = Cloud(folder, placement.config(), ALIAS, debug=True)
        hosts = sorted(path.name for path in FLEET.iterdir())
        providers: dict[str, str] = {}
        for host in hosts:
            devices = hardware.scan(FLEET / host / 'sys').devices
            providers |= start_compute(cloud, admin, host, devices)
        say(f'\nThe agent on each of {len(hosts)} hosts:')
        for host in hosts:
            run_agent(folder, host, placement.config())
        chosen = [
            migrate_vgpu(cloud, admin, providers, hosts),
            migrate_vf(cloud, admin, providers, hosts),
        ]
        nodes = {host: providers[host] for host in hosts}
        ask_beforehand(folder, placement.url, nodes)
    return 0 if all(chosen) else 1


def start_compute(
    cloud: Cloud, admin: Admin, host: str, devices: Iterable[model.Device]
) -> dict[str, str]:
    """Report a host as nova-compute would; return its providers by name."""
    inventory = {'VCPU': 64, 'MEMORY_MB': 262144, 'DISK_GB': 1000}
    providers = {
        host: admin.create_provider(
            host, traits=['OWNER_NOVA'], inventory=inventory
        )
    }
    pools: dict[str, dict[str, Any]] = {}
    for device in devices:
        if device.mdev_types is not None:
            name = f'{host}_{device.node_device}'
            providers[name] = admin.create_provider(
                name, providers[host], inventory={'VGPU': 4}
            )
        elif device.vfio and device.physfn:
            pool = pools.setdefault(device.physfn, _pool(device))
            pool['count'] += 1
    cloud.add_compute(host, providers[host], list(pools.values()))
    return providers


def _pool(device: model.Device) -> dict[str, Any]:
    """Describe the free VFs of a PF as nova's PCI tracker does."""
    return {
        'vendor_id': ALIAS['vendor_id'],
        'product_id': ALIAS['product_id'],
        'dev_type': 'type-VF',
        'numa_node': 0,
        'count': 0,
        'address': pci_address(str(device.physfn)),
        'live_migratable': 'true',
    }


def pci_address(location: str) -> str:
    """Return 0000:84:00.0 for PCI_0000_84_00_0."""
    _, domain, bus, slot, function = location.lower().split('_')
    return f'{domain}:{bus}:{slot}.{function}'


def run_agent(folder: pathlib.Path, host: str, placement: str) -> None:
    """Run the agent once, as its service does on that host."""
    config = folder / f'{host}.conf'
    nova_conf = FLEET / host / 'nova.conf'
    config.write_text(
        '[agent]\n'
        f'sysfs_root = {FLEET / host / "sys"}\n'
        f'resource_provider = {host}\n'
        f'nova_config_files = {nova_conf if nova_conf.exists() else ""}\n'
        + placement
    )
    done = subprocess.run(
        [
            sys.executable,
            '-m',
            'nova_migcompat.agent.main',
            '--config-file',
            str(config),
            '--once',
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    say(f'  {host}: exit status {done.returncode}')
    for line in done.stderr.splitlines():
        if 'ERROR' in line or 'WARNING' in line:
            say('    ' + line.partition('[-] ')[2])


def migrate_vgpu(
    cloud: Cloud, admin: Admin, providers: dict[str, str], hosts: list[str]
) -> bool:
    """Migrate a guest that has a VGPU."""
    migration, request = cloud.live_migrate(
        'guest with a VGPU', command.VGPU_HOST, {'resources:VGPU': '1'}
    )
    parent = next(
        name for name in providers if name.startswith(command.VGPU_HOST + '_')
    )
    admin.allocate(
        migration,
        {
            providers[command.VGPU_HOST]: MIGRATION,
            providers[parent]: {'VGPU': 1},
        },
    )
    return schedule(cloud, request, command.VGPU_HOST, 'a VGPU', hosts)


def migrate_vf(
    cloud: Cloud, admin: Admin, providers: dict[str, str], hosts: list[str]
) -> bool:
    """Migrate a guest that has a VF by a flavor's alias."""
    devices = hardware.scan(FLEET / command.VF_HOST / 'sys').devices
    vf = next(d for d in devices if d.vfio and d.physfn)
    address = pci_address(vf.location)
    migration, request = cloud.live_migrate(
        'guest with a VF',
        command.VF_HOST,
        {'pci_passthrough:alias': f'{ALIAS["name"]}:1'},
        {
            'address': address,
            'parent_addr': pci_address(str(vf.physfn)),
            'vendor_id': ALIAS['vendor_id'],
            'product_id': ALIAS['product_id'],
            'dev_type': fields.PciDeviceType.SRIOV_VF,
            'dev_id': vf.node_device,
            'label': 'label',
            'numa_node': 0,
            'status': fields.PciDeviceStatus.AVAILABLE,
        },
    )
    admin.allocate(migration, {providers[command.VF_HOST]: MIGRATION})
    return schedule(
        cloud, request, command.VF_HOST, f'the VF {address}', hosts
    )


def schedule(
    cloud: Cloud, request: Any, source: str, device: str, hosts: list[str]
) -> bool:
    """Let Nova choose, and show for each host whether it passes and why."""
    words = Words()
    logger = logging.getLogger('nova_migcompat.scheduler')
    logger.addHandler(words)
    passing = cloud.schedule(request)
    logger.removeHandler(words)
    table = prettytable.PrettyTable(['host', 'passes', 'why'])
    table.align = 'l'
    table.max_width['why'] = 90
    for host in hosts:
        if host == source:
            table.add_row([host, '', 'the guest runs here'])
        elif host in words.reasons:
            table.add_row([host, 'no', words.reasons[host]])
        elif host in passing:
            why = 'chosen by the scheduler' if host == passing[0] else ''
            table.add_row([host, 'yes', why])
        else:
            table.add_row(
                [host, '', 'no candidate: Nova knows no such device']
            )
    say(f'\nLive migration of a guest with {device} from {source}:')
    say(table.get_string())
    say(words.summary)
    return bool(passing)


def ask_beforehand(
    folder: pathlib.Path, placement: str, nodes: dict[str, str]
) -> None:
    """Let the operator's command say which hosts guests may go to."""
    with command.NovaApi(command.guests(), nodes) as nova:
        command.write_clouds(folder, placement, TOKEN, nova.url)
        columns = ('Host', 'Passes', 'Why', 'Object', 'Variables')
        chosen = [word for name in columns for word in ('-c', name)]
        for arguments in (
            ('explain', '--from', command.VGPU_HOST, *chosen),
            (
                'drain',
                command.VGPU_HOST,
                '-c',
                'Name',
                '-c',
                'Hosts',
                '-c',
                'To',
            ),
            ('drain', '--all'),
        ):
            policy = ('--equal-field', 'mdev_type')
            say(f'\n$ nova-migcompat {" ".join((*arguments, *policy))}')
            say(command.run(folder, *arguments, *policy))


def say(line: str) -> None:
    """Print, in step with what other processes print."""
    print(line, flush=True)


if __name__ == '__main__':
    sys.exit(main())
