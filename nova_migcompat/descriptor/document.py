# SPDX-License-Identifier: Apache-2.0
"""A document: what a vendor says about one device.

Two documents are equal when their canonical forms are (FORMAT.md section 6).
"""

import base64
import functools
import hashlib
import types
from collections.abc import Mapping

from nova_migcompat.descriptor import doubts, matching, model, tables


class Document:
    """What a vendor says about one device: immutable, equal by meaning.

    Made by :func:`nova_migcompat.descriptor.parse`.

    :ivar self_object: the device's fields, a mapping of str to str in the
        document's order, without empty ones.
    :ivar compatible: the COMPATIBLE objects in their order.
    """

    self_object: Mapping[str, str]
    compatible: tuple[model.CompatibleObject, ...]

    def __init__(
        self,
        self_object: Mapping[str, str],
        compatible: tuple[model.CompatibleObject, ...],
    ) -> None:
        self._fields = {n: text for n, text in self_object.items() if text}
        self.self_object = types.MappingProxyType(self._fields)
        self.compatible = compatible

    @functools.cached_property
    def canonical(self) -> str:
        """The canonical form (FORMAT.md section 6)."""
        objects: list[tuple[str, Mapping[str, model.FieldValue]]]
        objects = [('SELF', self.self_object)]
        objects += [('COMPATIBLE', c.fields) for c in self.compatible]
        return ''.join(
            header
            + ':\n'
            + ''.join(
                f'\t{name}={model.canonical_value(value)}\n'
                for name, value in fields.items()
            )
            for header, fields in objects
        )

    @functools.cached_property
    def digest(self) -> str:
        """The document's name everywhere: 32 characters of A-Z2-7."""
        digest = hashlib.sha256(self.canonical.encode()).digest()
        return base64.b32encode(digest[:20]).decode()

    @functools.cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is legal and probably not meant, one sentence each."""
        return tuple(doubts.about(self._fields, self.compatible, self.plans))

    @functools.cached_property
    def plans(self) -> tuple[matching.Plan, ...]:
        """The COMPATIBLE objects one by one, for explanations."""
        return tuple(matching.Plan(c) for c in self.compatible)

    @functools.cached_property
    def _asked(self) -> tuple[tables.Objects | tables.Table, ...]:
        """The COMPATIBLE objects, compiled at the first use."""
        return tables.compiled(self.compatible)

    def find(
        self, contained: 'Document', ignore_unlisted: bool
    ) -> tables.Answer | None:
        """Find the first object that contains another document's SELF.

        :param ignore_unlisted: fields that an object does not mention do not
            count (FORMAT.md section 3).
        :returns: the object's index and its first binding, or None.
        """
        device = contained._fields
        for objects in self._asked:
            answer = objects.find(device, ignore_unlisted)
            if answer is not None:
                return answer
        return None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        return self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __str__(self) -> str:
        return self.canonical

    def __repr__(self) -> str:
        return f'<Document {self.digest}>'
