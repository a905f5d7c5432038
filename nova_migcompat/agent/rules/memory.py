# SPDX-License-Identifier: Apache-2.0
"""Keeps the lines of tables that vanish from sysfs, in a file.

A line counts for as long as the device that it was read for is the same: its
IDs, its driver's module and version, the kernel. The file may be lost at any
time; what it held is learnt again when the tables are back. Must not know what
the tables are of.
"""

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import jsonschema
from oslo_log import log as logging

from nova_migcompat.agent import errors, reading, writing

LOG = logging.getLogger(__name__)

FILE = 'remembered.json'
MAX_BYTES = 1 << 20

_FORMAT = 1
_TEXTS = {'type': 'object', 'additionalProperties': {'type': 'string'}}
_SCHEMA = {
    'type': 'object',
    'required': ['format', 'owners'],
    'properties': {
        'format': {'const': _FORMAT},
        'owners': {
            'type': 'object',
            'additionalProperties': {
                'type': 'object',
                'required': ['identity', 'tables'],
                'properties': {
                    'identity': {'type': 'array'},
                    'tables': {
                        'type': 'object',
                        'additionalProperties': _TEXTS,
                    },
                },
            },
        },
    },
}


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Whose tables they are.

    :param address: its name in sysfs.
    :param identity: what must be as it was for its tables to count.
    """

    address: str
    identity: tuple[str, ...]


class Memory:
    """The lines of every table that was seen.

    :param folder: the agent's state folder; None: nothing outlives this
        object.
    """

    def __init__(self, folder: pathlib.Path | None = None) -> None:
        self._file = folder / FILE if folder else None
        self._owners: dict[str, dict[str, Any]] | None = None
        self._changed = False
        self._warned = False
        self._full = False
        self._saved: str | None = None

    def learn(
        self, owner: Owner, table: str, lines: Mapping[str, str]
    ) -> None:
        """Add the lines of a table; what they say goes before what was said.

        :param owner: whose table it is.
        :param table: which of its tables.
        :param lines: values by key.
        """
        known = self._tables(owner)
        if known is None:
            known = {}
            self._read().pop(owner.address, None)
            self._read()[owner.address] = {
                'identity': list(owner.identity),
                'tables': known,
            }
        rows = known.setdefault(table, {})
        for key, value in lines.items():
            if rows.get(key) != value:
                rows[key] = value
                self._changed = True

    def recall(self, owner: Owner, table: str, key: str) -> str | None:
        """Return what a table once said of a key, if it still counts."""
        tables = self._tables(owner) or {}
        return tables.get(table, {}).get(key)

    def save(self) -> None:
        """Write the file if there is anything new; a failure is a warning.

        Only in a folder that is there and belongs to the user that this runs
        as: root, who wants to see what the agent would do, must leave nothing
        behind that the agent itself cannot use.
        """
        if not self._changed or self._file is None or not self._is_for_us():
            return
        self._forget()
        text = _text(self._read())
        try:
            # What is there and does not fit is learnt and forgotten each time.
            if text != self._saved:
                writing.replace(self._file, text)
        except OSError as e:
            self._warn(f'cannot be written: {e.strerror or e}')
        else:
            self._saved = text
            self._changed = self._warned = False

    def _forget(self) -> None:
        """Forget what does not fit, the owners not seen for the longest."""
        owners = self._read()
        sizes = {name: len(_text({name: owners[name]})) for name in owners}
        size, before = sum(sizes.values()), len(owners)
        for name in list(owners):
            if size > MAX_BYTES:
                size -= sizes[name]
                del owners[name]
        if len(owners) < before and not self._full:
            self._full = True
            LOG.warning(
                '%s would hold more than %d bytes; tables of devices that'
                ' were not seen for the longest are forgotten',
                errors.plain(self._file),
                MAX_BYTES,
            )

    def _is_for_us(self) -> bool:
        assert self._file is not None
        try:
            return self._file.parent.stat().st_uid == os.geteuid()
        except OSError:
            return False

    def _tables(self, owner: Owner) -> dict[str, dict[str, str]] | None:
        owners = self._read()
        known = owners.get(owner.address)
        if known is None or known['identity'] != list(owner.identity):
            return None
        # Whoever was not asked for the longest comes first.
        owners[owner.address] = owners.pop(owner.address)
        tables: dict[str, dict[str, str]] = known['tables']
        return tables

    def _read(self) -> dict[str, dict[str, Any]]:
        """Read the file, once; what is no such file counts as none."""
        if self._owners is None:
            self._owners = {}
            try:
                if self._file is not None:
                    data = reading.read_file(self._file, MAX_BYTES)
                    content = json.loads(data)
                    jsonschema.validate(content, _SCHEMA)
                    self._owners = content['owners']
            except reading.MissingError:
                pass
            except reading.UnreadableError as e:
                self._warn(e.reason)
            except (ValueError, RecursionError) as e:
                self._warn(f'is no JSON: {e}')
            except jsonschema.ValidationError as e:
                self._warn(f'is no such file: {e.message}')
        return self._owners

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            LOG.warning(
                '%s %s; the names of types on full cards are not remembered'
                ' over a restart',
                errors.plain(self._file),
                errors.plain(reason),
            )


def _text(owners: Mapping[str, Any]) -> str:
    """Return the file, in ASCII."""
    return json.dumps({'format': _FORMAT, 'owners': owners})
