# SPDX-License-Identifier: Apache-2.0
"""What tests of every kind share.

The tests of what the installed Nova cannot do (``moves_pci_alias``) are not
collected, and the report says so.
"""

import logging

import pytest

_LEFT_OUT = pytest.StashKey[list[str]]()


@pytest.fixture
def logging_as_before():
    """Take back what an application does to the root logger."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def _is_marked(item):
    return item.get_closest_marker('moves_pci_alias') is not None


def pytest_collection_modifyitems(config, items):
    """Take out what is marked, where Nova moves no PCI aliases."""
    marked = [item for item in items if _is_marked(item)]
    if not marked:
        return
    # Only here: most tests need no Nova, which takes a second to import.
    from tests import nova_features

    if nova_features.MOVES_PCI_ALIASES:
        return
    items[:] = [item for item in items if not _is_marked(item)]
    config.hook.pytest_deselected(items=marked)
    config.stash[_LEFT_OUT] = [item.name for item in marked]


def pytest_report_collectionfinish(config):
    """Name what was taken out, and say why."""
    left_out = config.stash.get(_LEFT_OUT, None)
    if not left_out:
        return []
    return [
        'Not collected, as this Nova moves no devices of PCI aliases live '
        '(the first that does is 2025.1, or Nova 31):',
        *(f'  {name}' for name in left_out),
    ]
