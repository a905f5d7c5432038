# SPDX-License-Identifier: Apache-2.0
"""What the project's programs start, or say which extra they need.

pip installs every program, whichever extras are asked for. Knows no part of
the project but by the name of its module.
"""

import importlib
import pathlib
import sys

PROJECT = 'nova_migcompat'
#: Exit status of each program where what it needs is not there.
MISSING = 2


def agent() -> int:
    """Start nova-migcompat-agent; return its exit status."""
    return _start('agent.main', 'agent')


def command() -> int:
    """Start nova-migcompat; return its exit status."""
    return _start('cli.main', 'cli')


def status() -> int:
    """Start nova-migcompat-status; return its exit status."""
    return _start('cli.status', 'scheduler')


def _start(module: str, extra: str) -> int:
    """Call a module's main.

    :param extra: that has everything that the module imports.
    """
    try:
        main = importlib.import_module(f'{PROJECT}.{module}').main
    except ModuleNotFoundError as error:
        missing = error.name or ''
        if missing.partition('.')[0] == PROJECT:
            raise
        program = pathlib.Path(sys.argv[0]).name
        sys.stderr.write(
            f'{program}: there is no module {missing} here; install the extra'
            f" it is in: pip install 'nova-migcompat[{extra}]'\n"
        )
        return MISSING
    found: int = main()
    return found
