# SPDX-License-Identifier: Apache-2.0
"""Which documents count for which device: sources merged, types chosen.

Pure: knows nothing of files or of Placement. The rules are those of DESIGN.md,
"The agent".
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nova_migcompat import descriptor
from nova_migcompat.agent import errors, model, nova_conf

#: The sources whose order is given; all others follow by their names.
SOURCE_ORDER = ('files', 'sysfs', 'rules')


@dataclasses.dataclass(frozen=True, slots=True)
class Findings:
    """What one source says.

    :param by_name: what it says about each device.
    :param problems: what is wrong that is about no single device.
    """

    by_name: Mapping[model.DeviceName, model.Finding]
    problems: tuple[model.Problem, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Described:
    """A device with what counts for it.

    :param device: the device.
    :param documents: its distinct documents; none where nothing describes it.
        Only an mdev parent can have several, where its mdevs differ.
    :param gives_mdevs: whether guests are given its mdevs; else it is given
        as a whole.
    :param findings: what was said about it and decides, for people to see
        where that stands.
    """

    device: model.Device
    documents: tuple[descriptor.Document, ...] = ()
    gives_mdevs: bool = False
    findings: tuple[model.Finding, ...] = dataclasses.field(
        default=(), compare=False
    )

    @property
    def assignable(self) -> bool:
        """Whether a guest could be given it (DESIGN.md, "Uniform hosts")."""
        return self.gives_mdevs or (self.device.pci and self.device.vfio)


@dataclasses.dataclass(frozen=True, slots=True)
class Inventory:
    """What there is to publish on a host.

    :param devices: the devices that are described, or that could be given to
        a guest though nothing describes them; sorted by location.
    :param problems: why devices or parts of them are left out.
    :param warnings: what an operator should know besides.
    """

    devices: tuple[Described, ...] = ()
    problems: tuple[model.Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def source_order(name: str) -> tuple[int, str]:
    """Sort key of a source: the lower, the more it counts.

    :param name: its name in the namespace ``nova_migcompat.sources``.
    """
    if name in SOURCE_ORDER:
        return SOURCE_ORDER.index(name), name
    return len(SOURCE_ORDER), name


def by_name(said: Iterable[model.Finding | model.Problem]) -> Findings:
    """Index a source's findings; of several for a name the first counts.

    :param said: what one source says.
    """
    index: dict[model.DeviceName, model.Finding] = {}
    problems = []
    for one in said:
        if isinstance(one, model.Problem):
            problems.append(one)
        else:
            index.setdefault(one.device, one)
    return Findings(index, tuple(problems))


def take(
    hardware: model.Hardware,
    sources: Sequence[Findings],
    mdev_types: nova_conf.MdevTypes | None,
) -> Inventory:
    """Decide what counts.

    :param hardware: the devices of the host.
    :param sources: what each source says, the one that counts most first.
    :param mdev_types: which type Nova uses on which parent; None where
        nova.conf is not there.
    """
    devices: list[Described] = []
    undecided: list[str] = []
    used: list[model.Finding] = []
    for device in hardware.devices:
        types = types_in_use(device, mdev_types)
        groups = _counting(device, types, sources)
        texts = dict.fromkeys(d for g in groups for d in _documents(g))
        found = tuple(finding for group in groups for finding in group)
        described = Described(device, tuple(texts), types is not None, found)
        if texts or described.assignable:
            devices.append(described)
        if types == () and not found:
            undecided.append(device.location)
        used += found
    return Inventory(
        tuple(devices),
        (
            *hardware.problems,
            *(problem for source in sources for problem in source.problems),
            *(finding.problem for finding in used if finding.problem),
        ),
        (
            *_undecided(undecided),
            *_unusable(hardware, mdev_types),
            *_unknown(hardware, sources),
            *_warnings(sources, used),
        ),
    )


def types_in_use(
    device: model.Device, mdev_types: nova_conf.MdevTypes | None
) -> tuple[str, ...] | None:
    """Tell which types of a device guests may be given mdevs of.

    :param device: any device.
    :param mdev_types: what nova.conf says; None where it is not there.
    :returns: the types; nothing where that cannot be told; None where guests
        are given no mdevs of the device.
    """
    if device.mdev_types is None:
        return None
    existing = sorted({mdev.mdev_type for mdev in device.mdevs})
    if mdev_types is not None:
        mdev_type = mdev_types.type_of(device.node_device)
        if mdev_type in device.mdev_types or mdev_type in existing:
            return (mdev_type,) if mdev_type else None
        return None
    if existing or len(device.mdev_types) == 1:
        return tuple(existing) or device.mdev_types
    return () if device.mdev_types else None


def _counting(
    device: model.Device,
    types: tuple[str, ...] | None,
    sources: Sequence[Findings],
) -> list[list[model.Finding]]:
    """The findings that decide about a device, for each type in use."""
    if not types:
        return [_first(_of_names([device.name], source) for source in sources)]
    return [
        _first(_of_type(device, mdev_type, source) for source in sources)
        for mdev_type in types
    ]


def _first(candidates: Iterable[list[model.Finding]]) -> list[model.Finding]:
    return next((findings for findings in candidates if findings), [])


def _of_names(
    names: Iterable[model.DeviceName], source: Findings
) -> list[model.Finding]:
    return [source.by_name[name] for name in names if name in source.by_name]


def _of_type(
    device: model.Device, mdev_type: str, source: Findings
) -> list[model.Finding]:
    """What one source says about a parent with this type in use."""
    mdevs = [
        device.name_of_mdev(mdev)
        for mdev in device.mdevs
        if mdev.mdev_type == mdev_type
    ]
    exact = _of_names([*mdevs, device.name_of_type(mdev_type)], source)
    return exact or _of_names([device.name], source)


def _documents(group: list[model.Finding]) -> list[descriptor.Document]:
    """The documents of the mdevs; without any, the type's or the parent's."""
    of_mdevs = [f.document for f in group if f.device.mdev and f.document]
    return of_mdevs or [f.document for f in group if f.document]


def _unknown(
    hardware: model.Hardware, sources: Sequence[Findings]
) -> Iterator[str]:
    known = set()
    for device in hardware.devices:
        known.add(device.name)
        known.update(map(device.name_of_type, device.mdev_types or ()))
        for mdev in device.mdevs:
            known.add(device.name_of_type(mdev.mdev_type))
            known.add(device.name_of_mdev(mdev))
    for source in sources:
        for name, finding in source.by_name.items():
            if name not in known:
                yield (
                    f'{name}: {errors.plain(finding.path)} is about a device'
                    ' that this host does not have'
                )


def _undecided(locations: list[str]) -> Iterator[str]:
    if locations:
        yield (
            'Nothing is published for the mdev parents'
            f' {errors.plain(", ".join(locations))}: they support several'
            ' types and have no mdev, and without nova.conf it is not known'
            ' which type Nova uses; see [agent] nova_config_files'
        )


def _unusable(
    hardware: model.Hardware, mdev_types: nova_conf.MdevTypes | None
) -> Iterator[str]:
    """Tell of parents that nova.conf seems to mean and Nova does not use."""
    default = mdev_types.default if mdev_types else None
    for device in hardware.devices:
        if not device.pci and default in (device.mdev_types or ()):
            yield (
                f'{device.name}: Nova does not use its type'
                f' {errors.quoted(default)}: without device_addresses a type'
                ' is for PCI functions alone'
            )


def _warnings(
    sources: Sequence[Findings], used: list[model.Finding]
) -> Iterator[str]:
    for finding in used:
        for warning in finding.warnings:
            yield (
                f'{finding.device}: {errors.plain(finding.path)}:'
                f' {errors.plain(warning)}'
            )
    counting = {id(finding) for finding in used}
    for source in sources:
        for finding in source.by_name.values():
            if finding.problem and id(finding) not in counting:
                yield f'Not in use, but wrong: {finding.problem}'
