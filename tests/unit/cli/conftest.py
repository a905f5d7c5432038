# SPDX-License-Identifier: Apache-2.0
"""The command run in this process, on documents of the vectors."""

import io
import json
import pathlib
import sys

import pytest

from nova_migcompat.cli import main
from tests.answer import Answer

VECTORS = pathlib.Path(__file__).parents[2] / 'vectors'


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, logging_as_before):
    """Return a function that runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('COLUMNS', '80')

    def run_command(*arguments, stdin=b''):
        stream = io.TextIOWrapper(io.BytesIO(stdin))
        monkeypatch.setattr(sys, 'stdin', stream)
        capsys.readouterr()
        try:
            status = main.main(arguments)
        except SystemExit as e:
            status = e.code or 0
        return Answer(status, *capsys.readouterr())

    return run_command


@pytest.fixture
def put(tmp_path):
    """Return a function that writes a file into that folder."""

    def put_file(name, text):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(data)
        return name

    return put_file


@pytest.fixture
def examples(put):
    """Put the documents of the mail there, as UUID1 and UUID2."""
    vectors = json.loads((VECTORS / 'canonical.json').read_text())
    found = {v['name']: v for v in vectors if v['name'].startswith('UUID')}
    for name, vector in found.items():
        put(name, vector['text'])
    return found
