# SPDX-License-Identifier: Apache-2.0
"""What tests of every kind share."""

import logging

import pytest


@pytest.fixture
def logging_as_before():
    """Take back what an application does to the root logger."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
