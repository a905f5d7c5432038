# SPDX-License-Identifier: Apache-2.0
"""The facts of one device: built-in ones, and those that a rule declares.

doc/source/rules.rst says what each of them is. Must not know which rule
applies.
"""

import dataclasses
import glob
import re
from collections.abc import Callable, Mapping

from nova_migcompat.agent import hardware, model
from nova_migcompat.agent.rules import looking, memory, patterns, rule
from nova_migcompat.agent.rules.looking import FactError, MissingFactError
from nova_migcompat.descriptor import model as descriptor_model

MAX_VALUE = descriptor_model.MAX_VALUE

_OF_PF = 'pf_'
#: What makes a device the one that it was, together with driver and kernel.
_IDENTITY = (
    'vendor',
    'device',
    'subsystem_vendor',
    'subsystem_device',
    'revision',
    'module',
    'module_version',
    'kernel_release',
)


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What a document can be about: a device, or an mdev type of one.

    :param name: how findings call it.
    :param device: the device, or the mdev parent.
    :param pf: its PF, if it is a VF.
    :param mdev_type: the type, if it is one.
    """

    name: model.DeviceName
    device: model.Device
    pf: model.Device | None = None
    mdev_type: str | None = None

    @property
    def is_type(self) -> bool:
        """Whether it is an mdev type, not a device."""
        return self.mdev_type is not None


class Facts:
    """The facts of one subject, each told when it is asked for.

    :param look: where they come from.
    :param subject: whose they are.
    :param of_devices: those of every device by location: what was told of a
        PF, or of the parent of a type, is not asked for again.
    """

    def __init__(
        self,
        look: looking.Look,
        subject: Subject,
        of_devices: 'Mapping[str, Facts]',
    ) -> None:
        self.look = look
        self.subject = subject
        self._of_devices = of_devices
        self._told: dict[str, str] = {}

    def value(self, name: str, own: Mapping[str, rule.Fact]) -> str:
        """Tell a fact.

        :param name: a built-in fact or one of a rule's own.
        :param own: the facts of that rule.
        :returns: 1 to 1,024 characters.
        :raises MissingFactError: where the device does not have it.
        :raises FactError: where it cannot be told.
        """
        found = (
            self._of_rule(own[name], own)
            if name in own
            else self.built_in(name)
        )
        if len(found) > MAX_VALUE:
            raise FactError(
                f'it has {len(found):,} characters, expected at most'
                f' {MAX_VALUE:,}'
            )
        return found

    def built_in(self, name: str) -> str:
        """Tell a built-in fact, see value()."""
        if name not in self._told:
            self._told[name] = self._tell(name)
        return self._told[name]

    def _tell(self, name: str) -> str:
        device = self.subject.device
        if self.subject.is_type and name not in rule.OF_TYPES:
            return self._of_devices[device.location].built_in(name)
        if name.startswith(_OF_PF):
            of_pf = self._of_devices[self._pf().location]
            return of_pf.built_in(name.removeprefix(_OF_PF))
        if name in rule.HEXADECIMAL:
            found = self.look.content(device.folder, name)
            return _line(found).lower().removeprefix('0x')
        return _BUILT_IN[name](self, device)

    def learn(self, own: Mapping[str, rule.Fact]) -> None:
        """Remember the tables of a rule's facts, where they can be seen."""
        for fact in own.values():
            if fact.lookup is not None:
                try:
                    self._table(fact)
                except FactError:
                    continue  # told when the fact itself is asked for

    def _driver(self, device: model.Device) -> str:
        if device.driver is None:
            raise MissingFactError(f'{device.folder}/driver is not there')
        return device.driver

    def _module_version(self, device: model.Device) -> str:
        folder = self.look.module_folder(self.look.module(device))
        return _line(self.look.content(folder, 'version'))

    def _mdev_type(self, _device: model.Device) -> str:
        if self.subject.mdev_type is None:
            raise MissingFactError('the device is no mdev type')
        return self.subject.mdev_type

    def _type_file(self, file: str) -> str:
        return _line(self.look.content(self._folder(rule.MDEV_TYPE), file))

    def _pf(self) -> model.Device:
        if self.subject.pf is None:
            raise MissingFactError(
                f'{self.subject.device.folder}/physfn leads to no PF'
            )
        return self.subject.pf

    def _vf_index(self) -> int:
        return self.look.index(self._pf(), self.subject.device.address)

    def _of_rule(self, fact: rule.Fact, own: Mapping[str, rule.Fact]) -> str:
        if fact.lookup is not None:
            return self._looked_up(fact, self.value(fact.lookup, own))
        folder, path = self._folder(fact.begins_in), self._path(fact)
        content = self.look.content(folder, path)
        if fact.separator is not None:
            elements = {e.strip() for e in content.split(fact.separator)}
            found = '+'.join(sorted(elements - {''}))
        elif fact.regex is not None:
            if len(content) > patterns.MAX_SEARCHED:
                raise FactError(
                    f'{folder}/{path} has {len(content):,} characters,'
                    f' expected at most {patterns.MAX_SEARCHED} for a regex'
                )
            found = self.look.matched(fact.regex, content)
        else:
            return _line(content)
        if not found:
            raise MissingFactError(f'{folder}/{path} has nothing of it')
        return found

    def _looked_up(self, fact: rule.Fact, key: str) -> str:
        try:
            found = self._table(fact).get(key)
        except MissingFactError:
            found = None
        if found is None:
            found = self.look.memory.recall(
                self._owner(), self._table_name(fact), key
            )
        if found is None:
            folder, path = self._folder(fact.begins_in), self._path(fact)
            raise MissingFactError(
                f'{folder}/{path} has no line {key!r} : ..., nor had it one'
                ' before'
            )
        return found

    def _table(self, fact: rule.Fact) -> dict[str, str]:
        """Read a table, and remember it."""
        content = self.look.content(
            self._folder(fact.begins_in), self._path(fact)
        )
        lines: dict[str, str] = {}
        for line in content.splitlines():
            key, _, value = line.partition(':')
            if key.strip() and value.strip():
                lines.setdefault(key.strip(), value.strip())
        self.look.memory.learn(self._owner(), self._table_name(fact), lines)
        return lines

    def _table_name(self, fact: rule.Fact) -> str:
        name = f'{fact.begins_in}: {self._path(fact)}'
        if fact.begins_in == rule.MDEV_TYPE:
            name = f'{self.subject.mdev_type} {name}'
        return name

    def _owner(self) -> memory.Owner:
        """Return whose a table is: all VFs of a PF have the same ones."""
        owner = self.subject.pf or self.subject.device
        facts = self._of_devices[owner.location]
        identity = []
        for name in _IDENTITY:
            try:
                identity.append(facts.built_in(name))
            except MissingFactError:
                identity.append('')
        return memory.Owner(owner.address, tuple(identity))

    def _path(self, fact: rule.Fact) -> str:
        """Return the path of a fact, with built-in facts filled in."""
        if '$' not in fact.path and fact.path.isprintable():
            return fact.path

        def insert(found: re.Match[str]) -> str:
            return glob.escape(self.built_in(found[1])) if found[1] else '$'

        path = rule.PLACEHOLDER.sub(insert, fact.path)
        names = path.split('/')
        if (
            len(names) != fact.path.count('/') + 1
            or {'.', '..'} & {*names}
            or not path.isprintable()
        ):
            raise FactError(f'the path would be {path}')
        return path

    def _folder(self, begins_in: str) -> str:
        """Return the folder that a path begins in."""
        device = self.subject.device
        if begins_in == rule.DEVICE:
            return device.folder
        if begins_in == rule.PF:
            return self._pf().folder
        if begins_in == rule.MDEV_TYPE:
            types = f'{device.folder}/{hardware.MDEV_TYPES}'
            return f'{types}/{self._mdev_type(device)}'
        if begins_in == rule.MODULE:
            return self.look.module_folder(self.look.module(device))
        if begins_in == rule.PF_MODULE:
            return self.look.module_folder(self.look.module(self._pf()))
        return self.look.module_folder(
            begins_in.removeprefix(rule.NAMED_MODULE)
        )


_BUILT_IN: Mapping[str, Callable[[Facts, model.Device], str]] = {
    'address': lambda _, device: device.address,
    'bus': lambda _, device: device.bus,
    'driver': Facts._driver,
    'kernel_release': lambda facts, _: facts.look.kernel_release,
    'mdev_type': Facts._mdev_type,
    'mdev_type_description': lambda facts, _: facts._type_file('description'),
    'mdev_type_name': lambda facts, _: facts._type_file('name'),
    'module': lambda facts, device: facts.look.module(device),
    'module_version': Facts._module_version,
    'vf_index': lambda facts, _: str(facts._vf_index()),
    'vf_number': lambda facts, _: str(facts._vf_index() + 1),
}


def _line(content: str) -> str:
    """Return a content that must be one line."""
    if '\n' in content or '\r' in content:
        raise FactError(
            f'it has {len(content.splitlines())} lines, expected one'
        )
    return content
