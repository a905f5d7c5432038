# SPDX-License-Identifier: Apache-2.0
"""A document by the beginning of its digest, as the command line names it."""

import argparse
import re
from collections.abc import Collection

from nova_migcompat.cli import base, cells

_PREFIX = re.compile('[A-Z2-7]{1,32}')


def prefix(text: str) -> str:
    """Take a digest, or the beginning of one, from the command line.

    :raises argparse.ArgumentTypeError: where it can be none.
    """
    if not _PREFIX.fullmatch(text.upper()):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no digest, 32 characters of A-Z and 2-7, nor the '
            'beginning of one'
        )
    return text.upper()


def find(beginning: str, digests: Collection[str]) -> str:
    """Find the one digest that begins so.

    :param digests: of the documents that hosts have.
    :raises base.InputError: where there is none, or more than one.
    """
    found = sorted(d for d in digests if d.startswith(beginning))
    if len(found) == 1:
        return found[0]
    if not found:
        raise base.InputError(
            f'no host has a document {beginning}; "nova-migcompat hosts" '
            'lists those that hosts have'
        )
    raise base.InputError(
        f'{beginning} is the beginning of {len(found)} digests: '
        f'{cells.some(found)}; give more characters'
    )
