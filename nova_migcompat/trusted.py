# SPDX-License-Identifier: Apache-2.0
"""The file of trusted documents ([migcompat] trusted_documents).

Knows no other part.
"""

import codecs
import pathlib
import re

MAX_BYTES = 1 << 20
_DIGEST = re.compile(r'[A-Z2-7]{32}')


class TrustError(Exception):
    """The file cannot be used; the text says where and why."""


def read(path: str) -> frozenset[str] | None:
    """Read the digests of the documents that count.

    :param path: the file: a digest a line, # begins a comment.
    :returns: None where the path is empty: all count.
    :raises TrustError: it cannot be read, or a line is no digest.
    """
    if not path:
        return None
    option = f'[migcompat] trusted_documents, {path}'
    try:
        with pathlib.Path(path).open('rb') as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TrustError(f'{option}: {error.strerror or error}') from error
    if len(text) > MAX_BYTES:
        raise TrustError(f'{option}: more than {MAX_BYTES:,} bytes')
    digests = set()
    lines = text.removeprefix(codecs.BOM_UTF8).splitlines()
    for number, line in enumerate(lines, 1):
        digest = line.partition(b'#')[0].strip().decode(errors='replace')
        if not digest:
            continue
        if not _DIGEST.fullmatch(digest):
            raise TrustError(
                f'{option}, line {number}: {digest[:40]!a} is no digest, '
                '32 characters of A-Z and 2-7'
            )
        digests.add(digest)
    return frozenset(digests)
