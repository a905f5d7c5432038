# SPDX-License-Identifier: Apache-2.0
"""A few words for a document: what a person calls such a device.

Out of a few fields that known drivers have; what they mean is not judged. The
words are cut, and printable. Knows nothing of who has a document.
"""

import re
from collections.abc import Iterable, Mapping

from nova_migcompat import descriptor, traits
from nova_migcompat.cli import cells

#: Characters of a digest that are shown where people read it; commands take
#: as many as tell one document from the others.
SHORT = 8
_MOST, _MOST_VALUE = 64, 32

#: What the device is: the first that is there.
_TYPES = ('mdev_type_name', 'vgpu_type_name', 'mdev_type')
#: Else its driver, and the first of these.
_DEVICES = ('device_id', 'device', 'board', 'device_type')
#: Which version: at most two of them.
_VERSIONS = {
    'driver_version': 'driver',
    'firmware': 'firmware',
    'fw_ver': 'firmware',
    'migration_firmware': 'firmware',
    'software': 'software',
    'software_version': 'software',
    'interface_version': 'interface',
}
_MOST_VERSIONS = _MOST_DIFFERENCES = 2


def short(digest: str) -> str:
    """Return what people are shown of a digest."""
    return digest[:SHORT]


def label(document: descriptor.Document) -> str:
    """Name a device: ``nvidia-35, driver 535.129.03``."""
    fields = document.self_object
    types = [_shown(fields[name]) for name in _TYPES if name in fields][:1]
    if not types:
        names = ['driver', *[n for n in _DEVICES if n in fields][:1]]
        types = [_shown(fields[name]) for name in names if name in fields]
    versions = [
        f'{word} {_shown(fields[name])}'
        for name, word in _VERSIONS.items()
        if name in fields
    ][:_MOST_VERSIONS]
    words = [' '.join(types)] if types else []
    if not words and not versions:
        words = [_field(*item) for item in list(fields.items())[:3]]
    return cells.cut(', '.join([*words, *versions]), _MOST)


def tell_apart(texts: traits.Texts) -> dict[str, str]:
    """Label the documents of a fleet so that no two labels are equal.

    Those that share a label get the first fields in which they differ, or
    the beginning of their digest besides.

    :returns: a label by digest, also for those that cannot be read.
    """
    found = {digest: label(d) for digest, d in texts.documents.items()}
    for alike in _alike(found):
        documents = {digest: texts.documents[digest] for digest in alike}
        names = _differing(documents.values())
        for digest, document in documents.items():
            more = [
                _field(name, document.self_object.get(name, ''))
                for name in names
            ]
            found[digest] = ', '.join([found[digest], *more])
    for digest in texts.problems:
        found[digest] = 'text cannot be read'
    for alike in _alike(found):
        for digest in alike:
            found[digest] += f' [{short(digest)}]'
    return found


def natural(text: str) -> list[tuple[int, int, str]]:
    """Make a key by which ``h9`` is sorted before ``h10``."""
    return [
        (0, int(part), '') if part.isdecimal() else (1, 0, part)
        for part in re.split(r'([0-9]{1,18})', text)
        if part
    ]


def _alike(labels: Mapping[str, str]) -> list[list[str]]:
    """List the digests that share a label with others."""
    found: dict[str, list[str]] = {}
    for digest, words in labels.items():
        found.setdefault(words, []).append(digest)
    return [digests for digests in found.values() if len(digests) > 1]


def _differing(documents: Iterable[descriptor.Document]) -> list[str]:
    """Choose the fields that tell some documents apart."""
    objects = [document.self_object for document in documents]
    names = dict.fromkeys(name for fields in objects for name in fields)
    return [
        name
        for name in names
        if len({fields.get(name) for fields in objects}) > 1
    ][:_MOST_DIFFERENCES]


def _field(name: str, value: str) -> str:
    return f'{name}={_shown(value)}'


def _shown(value: str) -> str:
    return cells.cut(value, _MOST_VALUE)
