# SPDX-License-Identifier: Apache-2.0
"""How the commands fail where a configuration file cannot be used.

Knows no option. No message quotes what stands in a file.
"""

import contextlib
from collections.abc import Iterator, Sequence

from oslo_config import cfg

from nova_migcompat.agent import errors
from nova_migcompat.cli import base


@contextlib.contextmanager
def reading(files: Sequence[str]) -> Iterator[None]:
    """Make an InputError of what oslo.config raises for its files.

    :param files: those that are read. What is no text, and a folder in the
        place of a file, oslo.config leaves to Python, which names no file.
    """
    named = errors.plain(' or '.join(files))
    try:
        yield
    except cfg.Error as e:
        raise base.InputError(errors.of_configuration(e)) from e
    except UnicodeDecodeError as e:
        raise base.InputError(f'{named}: is no UTF-8 text') from e
    except OSError as e:
        raise base.InputError(
            f'{named}: cannot be read: {e.strerror or errors.plain(e)}'
        ) from e
