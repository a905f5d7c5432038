# SPDX-License-Identifier: Apache-2.0
"""What the agent needs of nova.conf: mdev types, and where compute_id may be.

Reads it into a ConfigOpts of its own, never merged with the agent's options.
The rules are those of Nova 34, nova/virt/libvirt/driver.py
(_get_supported_vgpu_types, _get_vgpu_type_per_pgpu) and nova/conf/devices.py;
nova itself is not imported.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from oslo_config import cfg

from nova_migcompat.agent import errors, reading

#: Nova's own default is the folder of its Python package; every distribution
#: sets this one.
STATE_PATH = '/var/lib/nova'

#: nova/conf/paths.py. Nova's default is the folder of its Python package, and
#: only Nova knows where that is: so whatever refers to it is as wrong as a
#: reference to an option that is none.
_PATHS = [
    cfg.StrOpt('pybasedir', default='$unknown'),
    cfg.StrOpt('state_path', default=STATE_PATH),
]

#: nova/pci/utils.py
_PCI_ADDRESS = re.compile(
    r'^([\da-fA-F]{4}):([\da-fA-F]{2}):([\da-fA-F]{2}).([0-7])$'
)

_OPTS = [
    cfg.ListOpt(
        'enabled_mdev_types', default=[], deprecated_name='enabled_vgpu_types'
    )
]


@dataclasses.dataclass(frozen=True, slots=True)
class MdevTypes:
    """Which mdev type Nova uses on which parent.

    :param by_address: types by PCI address, or by libvirt's name for a
        virtual parent, exactly as nova.conf has them.
    :param default: the type of all other PCI parents, if any.
    """

    by_address: Mapping[str, str] = dataclasses.field(default_factory=dict)
    default: str | None = None

    def type_of(self, node_device: str) -> str | None:
        """Tell the type that Nova uses on a parent.

        :param node_device: libvirt's name of it, e.g. 'pci_0000_84_00_0'.
        :returns: the type; None where Nova uses none, as on every parent that
            is neither a PCI function nor a virtual one that nova.conf names.
        """
        if node_device in self.by_address:
            return self.by_address[node_device]
        fields = node_device[4:].split('_')
        if len(fields) < 4:
            return None
        address = '{}:{}:{}.{}'.format(*fields)
        if not _PCI_ADDRESS.match(address):
            return None
        return self.by_address.get(address) or self.default


@dataclasses.dataclass(frozen=True, slots=True)
class NovaConf:
    """What nova.conf says.

    :param folders: where a compute_id file may be, in Nova's order.
    :param mdev_types: which types Nova uses; None without a nova.conf.
    """

    folders: tuple[pathlib.Path, ...]
    mdev_types: MdevTypes | None


def mdev_types(
    enabled: Iterable[str],
    addresses: Mapping[str, Sequence[str]],
    is_virtual_parent: Callable[[str], bool],
) -> MdevTypes:
    """Tell which type goes where, as nova-compute does at its start.

    :param enabled: ``[devices] enabled_mdev_types``.
    :param addresses: ``[mdev_<type>] device_addresses`` of each of them.
    :param is_virtual_parent: whether an address that is no PCI address names
        a virtual parent of this host.
    :raises errors.AgentError: for what nova-compute refuses to start with.
    """
    by_address: dict[str, str] = {}
    default = None
    for mdev_type in enabled:
        for address in addresses[mdev_type]:
            if address in by_address:
                raise errors.AgentError(
                    f'nova.conf names the device {errors.quoted(address)} for'
                    ' two mdev types: nova-compute refuses that too'
                )
            if not (_PCI_ADDRESS.match(address) or is_virtual_parent(address)):
                raise errors.AgentError(
                    f'[mdev_{errors.plain(mdev_type)}] device_addresses in'
                    f' nova.conf: {errors.quoted(address)} is no device'
                    ' address: nova-compute refuses that too'
                )
            by_address[address] = mdev_type
        if not addresses[mdev_type]:
            default = default or mdev_type
    return MdevTypes(by_address, default)


def read(files: Sequence[str], sysfs_root: pathlib.Path) -> NovaConf:
    """Read nova's configuration files.

    :param files: ``[agent] nova_config_files``; those that do not exist are
        left out.
    :param sysfs_root: where sysfs is mounted, for virtual mdev parents.
    :raises errors.AgentError: where a file that exists cannot be read, or
        says what nova-compute refuses to start with.
    """
    folders = [pathlib.Path(file).parent for file in files]
    try:
        existing = [
            file for file in files if reading.exists(pathlib.Path(file))
        ]
        conf = _parse(existing)
        state_path = _state_path(conf)
        enabled = list(conf.devices.enabled_mdev_types)
        addresses = {
            mdev_type: _addresses(conf, mdev_type) for mdev_type in enabled
        }
    except (cfg.Error, OSError, ValueError) as e:
        raise errors.AgentError(
            f"nova's configuration ({errors.plain(', '.join(files))}) cannot"
            f' be read: {errors.of_configuration(e)}; correct it, or [agent]'
            ' nova_config_files'
        ) from e

    def is_virtual_parent(address: str) -> bool:
        path = sysfs_root / 'devices' / 'virtual' / address.replace('_', '/')
        return path.exists()

    return NovaConf(
        folders=(*dict.fromkeys((*folders, state_path)),),
        mdev_types=mdev_types(enabled, addresses, is_virtual_parent)
        if existing
        else None,
    )


def _parse(files: Sequence[str]) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    conf.register_opts(_PATHS)
    conf.register_opts(_OPTS, group='devices')
    conf(
        args=[],
        project='nova',
        default_config_files=list(files),
        default_config_dirs=[],
        use_env=False,
    )
    return conf


def _state_path(conf: cfg.ConfigOpts) -> pathlib.Path:
    try:
        return pathlib.Path(conf.state_path)
    # What oslo.config says of a reference that leads nowhere.
    except cfg.NoSuchOptError as e:
        raise ValueError(
            'state_path refers to an option whose value is not set there and'
            ' which only Nova knows; write its value in state_path'
        ) from e


def _addresses(conf: cfg.ConfigOpts, mdev_type: str) -> list[str]:
    group = f'mdev_{mdev_type}'
    conf.register_opt(
        cfg.ListOpt(
            'device_addresses',
            default=[],
            item_type=cfg.types.String(),
            deprecated_group=f'vgpu_{mdev_type}',
        ),
        group=group,
    )
    return list(conf[group].device_addresses)
