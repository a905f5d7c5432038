# SPDX-License-Identifier: Apache-2.0
"""Serve a WSGI application: ``python -m tests.integration.cloud.wsgi``.

As ``waitress-serve`` does, but Nova's and Neutron's applications read the
command line, and must find nothing of their server's there.

Arguments: the module that has ``application``, and a port of 127.0.0.1.
"""

import importlib
import sys

import waitress

THREADS = 8


def command(module: str, port: int) -> list[str]:
    """Return the command that serves a module's application."""
    return ['python', '-m', __name__, module, str(port)]


def main() -> None:
    """Serve until the end."""
    module, port = sys.argv[1:]
    del sys.argv[1:]
    waitress.serve(
        importlib.import_module(module).application,
        host='127.0.0.1',
        port=int(port),
        threads=THREADS,
        connection_limit=1000,  # clients keep theirs open
    )


if __name__ == '__main__':
    main()
