# SPDX-License-Identifier: Apache-2.0
"""What fuzzing found worth keeping (tests/fuzz/corpus), once more."""

import pathlib
import sys

import pytest

from tests.fuzz import target

CORPUS = pathlib.Path(target.__file__).with_name('corpus')


@pytest.fixture(autouse=True)
def lowest_limit():
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(sys.int_info.str_digits_check_threshold)
    yield
    sys.set_int_max_str_digits(before)


@pytest.mark.parametrize('name', sorted(p.name for p in CORPUS.iterdir()))
def test_bytes_are_documents_that_agree_or_errors(name):
    found = target.check((CORPUS / name).read_bytes())
    assert len(found) <= 2
