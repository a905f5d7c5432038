# SPDX-License-Identifier: Apache-2.0
"""Reads what hosts have from a file, in the place of Placement.

To try out what could be, without a cloud. Must know nothing of what becomes
of it.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from typing import Any

import jsonschema

from nova_migcompat import descriptor
from nova_migcompat.agent import errors
from nova_migcompat.agent.rules import marked, schema
from nova_migcompat.cli import base, cells, documents

#: Bytes of a file that are read at most: some hundred thousand hosts.
MAX_BYTES = 16 << 20

_SCHEMA = {
    'description': 'a mapping with the key hosts',
    'type': 'object',
    'required': ['hosts'],
    'additionalProperties': False,
    'properties': {
        'hosts': {
            'description': 'a mapping with a list of documents for each host',
            'type': 'object',
            'minProperties': 1,
            'propertyNames': {
                'description': 'the name of a host',
                'minLength': 1,
            },
            'additionalProperties': {
                'description': "a list of the host's documents, files beside "
                'this one',
                'type': 'array',
                'items': {
                    'description': 'the name of a file',
                    'type': 'string',
                    'minLength': 1,
                },
            },
        }
    },
}


@dataclasses.dataclass(frozen=True, slots=True)
class Fleet:
    """What the hosts of a file have.

    :param hosts: the digests of each host's documents, by its name.
    :param documents: the documents by digest.
    """

    hosts: Mapping[str, frozenset[str]]
    documents: Mapping[str, descriptor.Document]


def read(name: str) -> Fleet:
    """Read a fleet, and the documents that it names.

    :param name: a file of YAML or JSON; the documents' names are relative to
        its folder.
    :raises base.InputError: where anything is wrong, with all that is.
    """
    found = _load(name)
    wrong = [
        _problem(name, place, reason)
        for place, reason in schema.breaches(found, _validator())
    ]
    if wrong:
        raise base.InputError('\n'.join(wrong))
    hosts = found.value['hosts']
    files = sorted({file for own in hosts.values() for file in own})
    folder = pathlib.Path(name).parent
    found_there = documents.read_all([str(folder / f) for f in files], None)
    by_file = dict(zip(files, found_there, strict=True))
    return Fleet(
        {
            host: frozenset(by_file[file].digest for file in own)
            for host, own in hosts.items()
        },
        {document.digest: document for document in by_file.values()},
    )


@functools.cache
def _validator() -> Any:
    return jsonschema.Draft202012Validator(_SCHEMA)


def _load(name: str) -> marked.Marked:
    shown = cells.printable(name)
    try:
        data = documents.read_file(name, MAX_BYTES)
    except base.InputError as e:
        raise base.InputError(f'{shown}: {e}') from e
    if len(data) > MAX_BYTES:
        raise base.InputError(
            f'{shown}: holds more than {MAX_BYTES:,} bytes, which is no fleet'
        )
    try:
        return marked.load(data.decode())
    except UnicodeDecodeError as e:
        raise base.InputError(f'{shown}: is no UTF-8 text') from e
    except marked.MarkedError as e:
        raise base.InputError(_problem(name, e.place, str(e))) from e


def _problem(name: str, place: marked.Place, reason: str) -> str:
    where = f'{cells.printable(name)}:{place.line}:{place.column}'
    return f'{where}: {errors.plain(reason)}'
