# SPDX-License-Identifier: Apache-2.0
"""The operator's command in this process, on a real Placement."""

from nova_migcompat.cli import main
from tests.answer import Answer


class Command:
    """Runs the command with a configuration of its own.

    :ivar config: the file; it may be written anew.
    """

    def __init__(self, folder, server, capsys):
        self._capsys = capsys
        self.config = folder / 'admin.conf'
        self.config.write_text(server.config())

    def __call__(self, *arguments):
        self._capsys.readouterr()
        try:
            status = main.main([*arguments, '--config-file', str(self.config)])
        except SystemExit as e:
            status = e.code
        return Answer(status, *self._capsys.readouterr())

    def lose_placement(self):
        """Let nobody answer."""
        text = self.config.read_text()
        endpoint = next(
            line for line in text.splitlines() if 'endpoint' in line
        )
        self.config.write_text(
            text.replace(endpoint, 'endpoint = http://127.0.0.1:9')
        )
