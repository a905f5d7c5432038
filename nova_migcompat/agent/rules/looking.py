# SPDX-License-Identifier: Apache-2.0
"""Looks at sysfs for facts, and never writes there.

Each file is read at most once in a look, as the VFs of a PF share its facts.
Must not know which rule wants a fact, nor what for.
"""

import glob
import pathlib
import re
from collections.abc import Mapping

from nova_migcompat.agent import hardware, model, reading
from nova_migcompat.agent.rules import memory


class FactError(Exception):
    """A fact of a device cannot be told; says why."""


class MissingFactError(FactError):
    """A device does not have a fact; says where it was looked for."""


class Look:
    """One look at sysfs.

    :param root: where it is mounted.
    :param kernel_release: the release of the kernel whose sysfs it is.
    :param remembered: the tables that were seen before.
    """

    def __init__(
        self,
        root: pathlib.Path,
        kernel_release: str,
        remembered: memory.Memory,
    ) -> None:
        self.root = str(root)
        self.kernel_release = kernel_release
        self.memory = remembered
        self._real_root = str(root.resolve())
        self._contents: dict[tuple[str, str], str | FactError] = {}
        self._modules: dict[str, str | None] = {}
        self._indexes: dict[str, Mapping[str, int]] = {}
        self._matches: dict[tuple[re.Pattern[str], str], str] = {}

    def matched(self, pattern: re.Pattern[str], content: str) -> str:
        """Return what the one group of a pattern matches, or ''.

        Searched once: all VFs of a PF have its content.
        """
        key = pattern, content
        if key not in self._matches:
            found = pattern.search(content)
            self._matches[key] = (found[1] or '').strip(' \t') if found else ''
        return self._matches[key]

    def content(self, folder: str, path: str) -> str:
        """Read the one file that a path leads to.

        :param folder: where the path begins.
        :param path: relative, perhaps with globs.
        :returns: the content without white space around it, never empty.
        :raises MissingFactError: where there is none, or nothing in it.
        :raises FactError: where it cannot be read.
        """
        key = folder, path
        if key not in self._contents:
            try:
                self._contents[key] = self._read(folder, path)
            except FactError as e:
                self._contents[key] = e
        found = self._contents[key]
        if isinstance(found, FactError):
            raise found
        return found

    def _read(self, folder: str, path: str) -> str:
        file = f'{folder}/{path}'
        if glob.has_magic(path):
            file = _the_one(folder, path)
        try:
            data = reading.read_beneath(self._real_root, file)
            text = data.decode().strip(' \t\r\n')
        except reading.MissingError as e:
            raise MissingFactError(f'{e.path} {e.reason}') from e
        except reading.UnreadableError as e:
            raise FactError(f'{e.path} {e.reason}') from e
        except UnicodeDecodeError as e:
            raise FactError(f'{file} is no UTF-8 text') from e
        if not text:
            raise MissingFactError(f'{file} is empty')
        return text

    def module(self, device: model.Device) -> str:
        """Return the module of a device's driver.

        :raises MissingFactError: where there is none.
        """
        link = f'{device.folder}/driver/module'
        if device.folder not in self._modules:
            try:
                self._modules[device.folder] = (
                    pathlib.Path(link).readlink().name
                )
            except OSError:
                self._modules[device.folder] = None
        found = self._modules[device.folder]
        if found is None:
            raise MissingFactError(f'{link} is not there')
        return found

    def module_folder(self, module: str) -> str:
        """Return the folder of a module."""
        return f'{self.root}/module/{module}'

    def index(self, pf: model.Device, address: str) -> int:
        """Return which of its PF's VFs a VF is, from 0.

        :raises MissingFactError: where the PF does not list it.
        """
        if pf.folder not in self._indexes:
            self._indexes[pf.folder] = hardware.virtual_functions(
                pathlib.Path(pf.folder)
            )
        if address not in self._indexes[pf.folder]:
            raise MissingFactError(
                f'{pf.folder}/virtfn* do not lead to {address}'
            )
        return self._indexes[pf.folder][address]


def _the_one(folder: str, path: str) -> str:
    """Find the one file that a path with globs leads to."""
    try:
        found = sorted(map(str, pathlib.Path(folder).glob(path)))
    except OSError as e:
        raise FactError(f'{folder}/{path} cannot be read: {e}') from e
    if not found:
        raise MissingFactError(f'{folder}/{path} is not there')
    if len(found) > 1:
        first, second = (one.removeprefix(f'{folder}/') for one in found[:2])
        raise FactError(
            f'{folder}/{path} leads to {len(found)} files, expected one:'
            f' {first}, {second}, ...'
        )
    return found[0]
