# SPDX-License-Identifier: Apache-2.0
"""How the commands read configuration files, and fail where they cannot.

Knows no option. No message quotes what stands in a file.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from oslo_config import cfg

from nova_migcompat.agent import errors
from nova_migcompat.cli import base


def read(
    files: Sequence[str],
    register_opts: Callable[[cfg.ConfigOpts], None],
    group: str,
    project: str,
) -> cfg.ConfigOpts:
    """Read a group of options from files, and from nowhere else.

    :param files: them, in their order.
    :param register_opts: registers the options of that group.
    :param group: the group, every value of which is looked at.
    :param project: whose configuration it is.
    :raises base.InputError: where a file or a value in it cannot be used.
    """
    conf = cfg.ConfigOpts()
    register_opts(conf)
    with reading(files):
        conf(
            [f'--config-file={file}' for file in files],
            project=project,
            default_config_files=[],
            default_config_dirs=[],
        )
        dict(conf[group])  # a bad value shows when looked at
    return conf


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
