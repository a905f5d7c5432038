# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat: the application around the commands.

What a command does is for its own module to know.
"""

import argparse
import importlib.metadata
import io
import itertools
import os
import sys
from collections.abc import Sequence
from typing import Any

from cliff import app, command, commandmanager

from nova_migcompat.cli import base

PROJECT = 'nova-migcompat'
NAMESPACE = 'nova_migcompat.cli'

_SIGPIPE_EXIT = 141

#: What the options of a cloud begin with; each has a value.
_CLOUD_OPTION = '--os-'

_HELP = 'help'


class Commands(commandmanager.CommandManager):
    """Finds the commands by their entry points.

    cliff's own finds them by importing every one of them. Here the one that is
    asked for is imported.
    """

    def load_commands(self, namespace: str) -> None:
        """Take up the commands of a namespace."""
        self.group_list.append(namespace)
        for found in importlib.metadata.entry_points(group=namespace):
            self.commands[found.name.replace('_', ' ')] = found


class MigcompatApp(app.App):
    """The application; its exit status 1 is a command's no, nothing else."""

    NAME = PROJECT

    def __init__(self) -> None:
        super().__init__(
            description='Know which device a guest may migrate to.',
            version=importlib.metadata.version(PROJECT),
            command_manager=Commands(NAMESPACE),
            deferred_help=True,
        )
        #: What is given besides the command's name, for it to read ahead.
        self.arguments: list[str] = []
        self._answered = False

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Build the parser of the options before the command."""
        parser: argparse.ArgumentParser = super().build_option_parser(
            description,
            version,
            {'prog': self.NAME, **(argparse_kwargs or {})},
        )
        return parser

    def configure_logging(self) -> None:
        """Open the log file, or say that it is the wrong one."""
        try:
            super().configure_logging()
        except OSError as e:
            self.parser.error(
                f'--log-file {self.options.log_file}: {e.strerror or e}'
            )

    def interact(self) -> None:
        """Refuse: there is nothing that one command leaves to the next."""
        self.parser.error(f'name a command; see {self.NAME} --help')

    def run(self, argv: list[str]) -> int:
        """Run one command.

        :param argv: the command line without the program's name.
        :returns: the exit status.
        :raises SystemExit: for --help, and for what is wrong in argv.
        """
        status: int = super().run(argv)
        if status == base.NO and not self._answered:
            return base.BAD_INPUT
        return status

    def run_subcommand(self, argv: list[str]) -> int:
        """Run the command that argv begins with.

        Clients of OpenStack take --os-* before the command, where they are
        not options of all commands here.
        """
        leading, argv = _leading(argv)
        if argv[:1] == [_HELP]:
            return self._help(leading + argv[1:])
        try:
            _, name, rest = self.command_manager.find_command(argv)
        except ValueError:
            names = ', '.join(sorted(self.command_manager.commands))
            given = repr(argv[0]) if argv else 'given'
            self.parser.error(f'no command {given}; commands: {names}')
        self.arguments = leading + rest
        return self._run_command([*name.split(), *self.arguments])

    def _help(self, argv: list[str]) -> int:
        """Show the help of a command, whatever else is given with it."""
        self.arguments = argv
        words = itertools.takewhile(_is_word, _leading(argv)[1])
        return self._run_command([_HELP, *words])

    def _run_command(self, argv: list[str]) -> int:
        status: int = super().run_subcommand(argv)
        return status

    def clean_up(
        self,
        cmd: command.Command,  # noqa: ARG002
        result: int,  # noqa: ARG002
        err: BaseException | None,
    ) -> None:
        """Note whether the command came to its end."""
        self._answered = err is None


def _leading(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Divide what stands before the command from the rest.

    :returns: options --os-*, each with its value, and the rest.
    """
    count = 0
    while argv[count : count + 1] and argv[count].startswith(_CLOUD_OPTION):
        count += 1 if '=' in argv[count] else 2
    return list(argv[:count]), list(argv[count:])


def _is_word(argument: str) -> bool:
    return not argument.startswith('-')


def _open_closed() -> None:
    """Let an output that the caller has closed lead nowhere.

    Python has None for it, and cliff fails at that; a script may want no more
    than the status.
    """
    for name in ('stdout', 'stderr'):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, 'w'))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: the command line without the program's name; None: that
        of the process.
    :returns: the exit status: 0 done or yes, 1 no, 2 what was given cannot be
        used.
    :raises SystemExit: for --help, and for what is wrong in the arguments.
    """
    _open_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A value from a document that the locale cannot write is no error.
        sys.stdout.reconfigure(errors='backslashreplace')
    status = MigcompatApp().run(
        list(sys.argv[1:] if arguments is None else arguments)
    )
    try:
        sys.stdout.flush()
    except OSError as e:
        # What is left in the buffer would fail again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(e, BrokenPipeError):
            return _SIGPIPE_EXIT
        sys.stderr.write(f'{PROJECT}: standard output: {e.strerror}\n')
        return base.BAD_INPUT
    return status


if __name__ == '__main__':
    sys.exit(main())
