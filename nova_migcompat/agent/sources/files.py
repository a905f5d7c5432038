# SPDX-License-Identifier: Apache-2.0
"""The source ``files``: documents that an operator wrote, one for a device.

Knows what a file's name says; what a document may hold is for descriptor to
know.
"""

import pathlib
from collections.abc import Iterator

from oslo_config import cfg

from nova_migcompat import descriptor
from nova_migcompat.agent import errors, model, reading
from nova_migcompat.agent.sources import base, layouts

SUFFIX = '.compat'
#: Between an mdev parent's address and the name of a type.
SEPARATOR = ','


class FilesSource(base.Source):
    """Reads the files of [agent] devices_folder.

    ``0000:84:00.1.compat`` is about a device, by its name in sysfs,
    ``0000:84:00.0,nvidia-35.compat`` about an mdev type of a parent, and
    ``882cc4da-dede-11e7-9180-078a62063ab1.compat`` about an mdev. Files with
    other endings, and those that begin with a dot, do not count.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        super().__init__(conf)
        self._folder = base.OperatorFolder()

    def findings(self, hardware: model.Hardware) -> Iterator[model.Finding]:
        """Say what the operator says of this host's devices.

        :param hardware: the devices.
        :raises errors.AgentError: where the folder cannot be listed or
            trusted, or has vanished.
        """
        folder = pathlib.Path(self.conf.agent.devices_folder)
        try:
            names = self._folder.names(folder)
        except reading.UnreadableError as e:
            raise errors.AgentError(
                f'{errors.plain(e.path)} {e.reason}; its documents are not'
                ' known, so nothing was changed; see [agent] devices_folder'
            ) from e
        known = _names(hardware)
        files: dict[model.DeviceName, list[str]] = {}
        for name in names:
            if name.endswith(SUFFIX) and not name.startswith('.'):
                about = name.removesuffix(SUFFIX)
                device = known.get(_key(about)) or _unknown(about)
                files.setdefault(device, []).append(name)
        for device, (name, *others) in files.items():
            path = folder / name
            if others:
                yield _ambiguous(path, device, others)
            else:
                yield _read(path, device)


def _names(hardware: model.Hardware) -> dict[str, model.DeviceName]:
    """Index what there is on the host by what a file about it is called."""
    names = {}
    for device in hardware.devices:
        names[_key(device.address)] = device.name
        for mdev_type in device.mdev_types or ():
            about = f'{device.address}{SEPARATOR}{mdev_type}'
            names[_key(about)] = device.name_of_type(mdev_type)
        for mdev in device.mdevs:
            names[mdev.uuid] = device.name_of_mdev(mdev)
    return names


def _key(about: str) -> str:
    """Addresses and UUIDs are the same in any case, names of types not."""
    address, separator, mdev_type = about.partition(SEPARATOR)
    return address.lower() + separator + mdev_type


def _unknown(about: str) -> model.DeviceName:
    """Name what is not there as its file does; no location looks like it."""
    address, _, mdev_type = about.partition(SEPARATOR)
    return model.DeviceName(address, mdev_type)


def _ambiguous(
    path: pathlib.Path, device: model.DeviceName, others: list[str]
) -> model.Finding:
    """Which of several files counts is not for the letters' case to say."""
    names = ', '.join(errors.quoted(name) for name in others)
    problem = model.Problem(
        device, str(path), f'{names} is about the same device; keep one'
    )
    return model.Finding(device, str(path), problem=problem)


def _read(path: pathlib.Path, device: model.DeviceName) -> model.Finding:
    try:
        document = layouts.parse(reading.read_trusted(path))
    except reading.UnreadableError as e:
        problem = model.Problem(device, str(e.path), e.reason)
    except descriptor.DescriptorError as e:
        problem = model.Problem(device, str(path), e.message, e.line, e.column)
    else:
        return model.Finding(device, str(path), document)
    return model.Finding(device, str(path), problem=problem)
