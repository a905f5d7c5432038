# SPDX-License-Identifier: Apache-2.0
"""How documents become names in Placement, and come back (DESIGN.md).

A trait is a name of at most 255 capitals, digits and underscores and holds
nothing else, so everything that Placement knows of a document is spelled in
names. This module knows neither where they stand nor how they get there.
"""

import base64
import binascii
import collections
import dataclasses
import hashlib
import itertools
import re
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import os_traits

from nova_migcompat import descriptor

#: Every name of ours begins with it; the agent touches no other.
PREFIX = 'CUSTOM_MIGCOMPAT_'
DOCUMENT_PREFIX = PREFIX + 'D_'
LOCATION_PREFIX = PREFIX + 'L_'
FIELD_PREFIX = PREFIX + 'F_'
TEXT_PREFIX = PREFIX + 'T_'
#: Placement's limit on a trait's name.
MAX_NAME = 255
#: A document is published while its canonical form has no more bytes.
MAX_TEXT = 16384
#: A host publishes no more documents.
MAX_DOCUMENTS = 64
#: Parts of one digest that are looked at: ten times what a text can have.
MAX_PARTS = 2048
#: Of so many streams of one digest the first that verifies is taken. Trying
#: one costs about 0.1 ms, for only a text that has the digest is parsed; a
#: forger must write a name for each.
MAX_STREAMS = 64

#: What read_texts says where it has not got all parts of a text.
MISSING = 'parts of its text are missing'

#: The name space of the aggregates of documents, for UUIDs of version 5.
_AGGREGATES = uuid.UUID('a9c970ac-20ea-499a-b410-5cefcf69f2b3')
_DIGEST = '[A-Z2-7]{32}'
_D_NAME = re.compile(f'{DOCUMENT_PREFIX}({_DIGEST})')
_LOCATION_NAME = re.compile(f'{LOCATION_PREFIX}([A-Z0-9_]+)_({_DIGEST})')
_TEXT_NAME = re.compile(
    f'{TEXT_PREFIX}({_DIGEST})_([A-Z2-7]{{8}})'
    '_([1-9][0-9]{0,2})_([1-9][0-9]{0,2})_([A-Z2-7]+)'
)
_FIELD_NAME = re.compile(f'{FIELD_PREFIX}([A-Z0-9_]+)')
#: Bytes of the compressed stream in one T name: base32 makes 8 characters of
#: 5 bytes, and the rest of the longest name takes 19+32+1+8+1+3+1+3+1.
_PART = (MAX_NAME - 69) // 8 * 5
_HASH = 16


class TextError(ValueError):
    """The T names of a digest do not give its document; says why."""


class _Part(NamedTuple):
    """What one T name says besides its digest and its check."""

    of: int
    number: int
    payload: str


@dataclasses.dataclass(frozen=True, slots=True)
class Texts:
    """What a set of T names gives.

    :param documents: the verified documents by digest.
    :param problems: why there is none, by digest.
    """

    documents: Mapping[str, descriptor.Document]
    problems: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What one of our names says by itself.

    :param kind: document, location, field or text; None where it is of a form
        that this version does not know.
    :param digest: of the document that it is about; None for fields.
    :param location: of the device: libvirt's node device name in capitals.
    :param field: field and value, as far as the name has them.
    :param part: which part of the text it is, from 1.
    :param parts: of how many.
    """

    kind: str | None
    digest: str | None = None
    location: str | None = None
    field: str | None = None
    part: int | None = None
    parts: int | None = None


def read(name: str) -> Said | None:
    """Tell what one name says.

    :param name: a trait's name.
    :returns: None where it is not ours.
    """
    if found := _D_NAME.fullmatch(name):
        return Said('document', found[1])
    if found := _LOCATION_NAME.fullmatch(name):
        return Said('location', found[2], found[1])
    if found := _TEXT_NAME.fullmatch(name):
        part, parts = int(found[3]), int(found[4])
        if part <= parts:
            return Said('text', found[1], part=part, parts=parts)
    if found := _FIELD_NAME.fullmatch(name):
        return Said('field', field=found[1])
    return Said(None) if is_ours(name) else None


def is_ours(name: str) -> bool:
    """Is it a name that the agent may take away?"""
    return name.startswith(PREFIX)


def is_document(name: str) -> bool:
    """Is it a D name?"""
    return _D_NAME.fullmatch(name) is not None


def document_trait(digest: str) -> str:
    """Name a document on a provider that has such a device."""
    return DOCUMENT_PREFIX + digest


def location_trait(location: str, digest: str) -> str:
    """Name the document of the device at a place of the host.

    :param location: libvirt's node device name, ``pci_0000_84_00_0``.
    """
    return f'{LOCATION_PREFIX}{location.upper()}_{digest}'


def pci_location(address: str) -> str:
    """Return the place of a PCI address, ``0000:84:00.0``, as L names do."""
    return 'PCI_' + re.sub('[:.]', '_', address).upper()


def text_prefix(digest: str) -> str:
    """Return what all T names of a document begin with."""
    return f'{TEXT_PREFIX}{digest}_'


def digests(names: Iterable[str]) -> frozenset[str]:
    """Return the digests of the D names among the names."""
    return frozenset(
        found[1] for name in names if (found := _D_NAME.fullmatch(name))
    )


def digest_in(name: str) -> str | None:
    """Return the digest that a D, L or T name is about.

    :returns: None where it is no such name, or one of another form, which a
        later version may have made.
    """
    if found := _D_NAME.fullmatch(name) or _TEXT_NAME.fullmatch(name):
        return found[1]
    found = _LOCATION_NAME.fullmatch(name)
    return found[2] if found else None


def aggregate(digest: str) -> str:
    """Return the UUID of the aggregate of the hosts that have a document."""
    return str(uuid.uuid5(_AGGREGATES, digest))


def aggregates(names: Iterable[str]) -> frozenset[str]:
    """Return the UUIDs of the aggregates of the D names among the names."""
    return frozenset(map(aggregate, digests(names)))


def locations(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the digests at each location, from the L names."""
    found: dict[str, set[str]] = {}
    for name in names:
        if match := _LOCATION_NAME.fullmatch(name):
            found.setdefault(match[1], set()).add(match[2])
    return {place: frozenset(some) for place, some in found.items()}


def field_traits(
    document: descriptor.Document, fields: Collection[str] | None = None
) -> frozenset[str]:
    """Name the SELF fields of a document, for people and flavors.

    These names are not reversible, and nothing reads them back.

    :param fields: the fields to name; None: all.
    """
    return frozenset(
        _field_trait(name, value)
        for name, value in document.self_object.items()
        if fields is None or name in fields
    )


def _field_trait(name: str, value: str) -> str:
    trait: str = os_traits.normalize_name(f'MIGCOMPAT_F_{name}_{value}')
    if len(trait) > MAX_NAME:
        end = _base32_of_hash(f'{name}={value}'.encode(), _HASH * 5 // 8)
        trait = f'{trait[: MAX_NAME - _HASH - 1]}_{end}'
    return trait


def text_traits(document: descriptor.Document) -> tuple[str, ...]:
    """Spell a document's canonical form in T names, in order.

    :raises TextError: where it has more than MAX_TEXT bytes.
    """
    text = document.canonical.encode()
    if len(text) > MAX_TEXT:
        raise TextError(
            f'its canonical form has {len(text):,} bytes; at most'
            f' {MAX_TEXT:,} can be published'
        )
    stream = zlib.compress(text, 9)
    parts = [stream[i : i + _PART] for i in range(0, len(stream), _PART)]
    stem = f'{text_prefix(document.digest)}{_check(stream)}'
    return tuple(
        f'{stem}_{index}_{len(parts)}_'
        + base64.b32encode(part).decode().rstrip('=')
        for index, part in enumerate(parts, 1)
    )


def read_texts(
    names: Iterable[str],
    wanted: Iterable[str],
    is_late: Callable[[str], bool] = lambda _digest: False,
) -> Texts:
    """Put documents together from T names.

    Whatever stands in the names, it ends in a document or in a problem. A
    forged part makes no other stream unreadable, unless more are forged than
    are looked at: :data:`MAX_PARTS` parts, :data:`MAX_STREAMS` streams.

    :param names: trait names, ours and others, in any order.
    :param wanted: the digests asked for.
    :param is_late: whether the time for a digest is over; it is in neither
        then.
    """
    streams: dict[str, dict[str, set[_Part]]]
    streams = {digest: {} for digest in wanted}
    parts: collections.Counter[str] = collections.Counter()
    for name in names:
        found = _TEXT_NAME.fullmatch(name)
        if found and found[1] in streams:
            part = _Part(int(found[4]), int(found[3]), found[5])
            parts[found[1]] += 1
            if parts[found[1]] <= MAX_PARTS:
                streams[found[1]].setdefault(found[2], set()).add(part)
    documents: dict[str, descriptor.Document] = {}
    problems: dict[str, str] = {}
    for digest, by_check in streams.items():
        if is_late(digest):
            continue
        try:
            documents[digest] = _first_that_verifies(digest, by_check)
        except TextError as e:
            problems[digest] = str(e)
    return Texts(documents, problems)


def _first_that_verifies(
    digest: str, streams: Mapping[str, Collection['_Part']]
) -> descriptor.Document:
    problems: dict[str, None] = {}
    for tried, (check, parts) in enumerate(_candidates(streams)):
        if tried == MAX_STREAMS:
            problems['more streams are published than are tried'] = None
            break
        try:
            return _document(digest, check, parts)
        except TextError as e:
            problems[str(e)] = None
    if problems:
        raise TextError('; '.join(problems))
    raise TextError(MISSING if streams else 'no text is published')


def _candidates(
    streams: Mapping[str, Collection['_Part']],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each check with the payloads of one complete stream.

    Different payloads for one part mean that one is forged: every choice
    among them is a candidate. The checks take turns, so that forging one
    does not keep another from its turn.
    """
    turns = []
    for check in sorted(streams):
        by_count: dict[int, dict[int, list[str]]] = {}
        for part in sorted(streams[check]):
            payloads = by_count.setdefault(part.of, {})
            payloads.setdefault(part.number, []).append(part.payload)
        for count, payloads in by_count.items():
            if payloads.keys() == set(range(1, count + 1)):
                choices = [payloads[i] for i in range(1, count + 1)]
                turns.append((check, itertools.product(*choices)))
    while turns:
        still = []
        for check, products in turns:
            for parts in itertools.islice(products, 1):
                yield check, parts
                still.append((check, products))
        turns = still


def _document(
    digest: str, check: str, parts: Iterable[str]
) -> descriptor.Document:
    """Verify one stream, cheapest test first, and read its document."""
    try:
        stream = b''.join(
            base64.b32decode(part + '=' * (-len(part) % 8)) for part in parts
        )
    except binascii.Error:
        raise TextError('a part is no base32') from None
    if _check(stream) != check:
        raise TextError('its parts do not belong together')
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(stream, MAX_TEXT + 1)
    except zlib.error:
        raise TextError('its parts are no zlib stream') from None
    if len(text) > MAX_TEXT:
        raise TextError(f'its text has more than {MAX_TEXT:,} bytes')
    if not unpacker.eof or unpacker.unused_data:
        raise TextError('its parts are not just one whole zlib stream')
    if _base32_of_hash(text, 20) != digest:
        raise TextError('its text is that of another document')
    try:
        document = descriptor.parse(text)
    except descriptor.DescriptorError as e:
        raise TextError(f'its text is no document: {e}') from None
    if document.digest != digest:
        raise TextError('its text is not in canonical form')
    return document


def _check(stream: bytes) -> str:
    """Return the check in the names of a compressed stream's parts."""
    return _base32_of_hash(stream, 5)


def _base32_of_hash(data: bytes, size: int) -> str:
    """Return the first bytes of SHA-256 in base32.

    :param size: how many bytes; a multiple of 5, so that nothing is padded.
    """
    return base64.b32encode(hashlib.sha256(data).digest()[:size]).decode()
