# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat-agent: options, logging, exit status.

What a cycle does is for cycle.py to know.
"""

import contextlib
import functools
import importlib.metadata
import os
import pathlib
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from nova_migcompat import placement
from nova_migcompat.agent import (
    cycle,
    errors,
    folder,
    process,
    publish,
    reading,
    service,
    state,
    status,
)
from nova_migcompat.conf import agent as agent_conf
from nova_migcompat.conf import placement as placement_conf

LOG = logging.getLogger(__name__)

PROJECT = 'nova-migcompat'
PROGRAM = 'nova-migcompat-agent'
CONFIG_FILE = agent_conf.FILE

#: Exit status: all went well; something did not; the call itself is wrong.
SUCCESS, FAILURE, USAGE = 0, 1, 2

#: What the command does instead of running until it is stopped.
_ACTIONS = ('once', 'withdraw', 'status')

_OPTS = [
    cfg.BoolOpt(
        'once',
        default=False,
        help='Look at the devices once, publish what they say, and exit;'
        ' without it the agent runs until it is stopped. It may be called'
        ' while the agent runs.',
    ),
    cfg.BoolOpt(
        'withdraw',
        default=False,
        help='Take the names and memberships of this host out of Placement,'
        ' and exit. Refused while the agent runs, which would publish them'
        ' again.',
    ),
    cfg.BoolOpt(
        'dry-run',
        default=False,
        help='With --once or --withdraw: print what would be written to'
        ' Placement, and write nothing.',
    ),
    cfg.BoolOpt(
        'status',
        default=False,
        help='Say how the running agent is, and exit: 0 where it is healthy;'
        ' 1 where its last cycle failed, there are problems, or it hangs;'
        ' 2 where none runs.',
    ),
    cfg.StrOpt(
        'format',
        default='text',
        choices=['text', 'json'],
        help='With --status: for people, or for programs.',
    ),
]


def load_conf(arguments: Sequence[str]) -> cfg.ConfigOpts:
    """Read the command line and the agent's configuration files.

    :param arguments: the command line without the program's name.
    :returns: a configuration of its own, never the global one.
    :raises cfg.Error: for what is wrong in a file or a value.
    :raises SystemExit: for --help, and for what is wrong on the command line.
    """
    conf = cfg.ConfigOpts()
    logging.register_options(conf)
    conf.set_default('use_stderr', True)
    conf.register_cli_opts(_OPTS)
    agent_conf.register_opts(conf)
    placement_conf.register_opts(conf)
    conf(
        args=list(arguments),
        project=PROJECT,
        prog=PROGRAM,
        version=importlib.metadata.version(PROJECT),
        default_config_files=[
            file
            for file in (CONFIG_FILE,)
            if reading.exists(pathlib.Path(file))
        ],
        default_config_dirs=[],
    )
    for group in (agent_conf.GROUP, placement_conf.GROUP):
        dict(conf[group])  # a bad value is an error only when it is looked at
    return conf


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: the command line without the program's name; None: that
        of the process.
    :returns: the exit status, 0 only if everything went well.
    """
    # Nothing waits for it yet, and unblocked it would end the process.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    if arguments is None:
        arguments = sys.argv[1:]
    try:
        conf = _load(arguments)
    except errors.OptionsError as e:
        return _misused(str(e))
    chosen = [name for name in _ACTIONS if conf[name]]
    if len(chosen) > 1:
        return _misused(f'--{chosen[0]} and --{chosen[1]} exclude each other')
    if conf.dry_run and chosen not in (['once'], ['withdraw']):
        return _misused('--dry-run is for --once and --withdraw')
    try:
        return _run(conf, arguments)
    except errors.OptionsError as e:
        return _misused(str(e))
    except errors.AgentError as e:
        error = str(e)
    except placement.PlacementError as e:
        error = f'Placement: {errors.plain(e)}'
    # Here, as oslo.log adds to a line the exception that is being handled.
    LOG.error('%s', error)
    return FAILURE


def _run(conf: cfg.ConfigOpts, arguments: Sequence[str]) -> int:
    if any(conf[name] for name in _ACTIONS):
        # These end when their terminal does.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    if conf.status:
        return _status(conf)
    if conf.once:
        return _once(conf)
    if conf.withdraw:
        return _withdraw(conf)
    options = service.Options(conf, _adapter(conf))
    process.run(options, functools.partial(_reload, arguments, conf))
    return SUCCESS


def _load(arguments: Sequence[str]) -> cfg.ConfigOpts:
    """Read the options, and log from now on as they say.

    :raises errors.OptionsError: where they are wrong, or where it cannot be
        logged so.
    """
    try:
        conf = load_conf(arguments)
        logging.setup(conf, PROJECT)
    except (cfg.Error, logging.LogConfigError) as e:
        raise errors.OptionsError(errors.of_configuration(e)) from e
    except UnicodeDecodeError as e:
        raise errors.OptionsError(
            f'a configuration file is no UTF-8 text: {e.reason} at byte'
            f' {e.start}'
        ) from e
    # What a wrong value makes oslo.config and oslo.log raise is as various as
    # values are, and must end neither a reload nor the message.
    except Exception as e:
        raise errors.OptionsError(
            errors.plain(f'{type(e).__name__}: {e}')
        ) from e
    return conf


def _adapter(conf: cfg.ConfigOpts) -> Any:
    """Make the adapter that [placement] says; sends nothing.

    :raises errors.OptionsError: where that group is wrong.
    """
    try:
        return placement.load_adapter(conf)
    except placement.PlacementError as e:
        raise errors.OptionsError(errors.plain(e)) from e


def _client(conf: cfg.ConfigOpts) -> placement.PlacementClient:
    """Make a client for one cycle."""
    return service.Options(conf, _adapter(conf)).client()


def _once(conf: cfg.ConfigOpts) -> int:
    client = _client(conf)
    outcome = cycle.run_once(conf, client, dry_run=conf.dry_run)
    if conf.dry_run:
        _print_plan(outcome.plan)
    return FAILURE if outcome.problems else SUCCESS


def _withdraw(conf: cfg.ConfigOpts) -> int:
    path = pathlib.Path(conf.agent.state_path)
    client = _client(conf)
    if conf.dry_run:
        _print_plan(cycle.withdraw(conf, client, dry_run=True))
        return SUCCESS
    with contextlib.ExitStack() as stack:
        # An agent that runs would publish again what is withdrawn. Where none
        # ever ran, there is nothing to lock, and nothing is left behind.
        if folder.has_lock(path):
            stack.enter_context(folder.locked(path))
        cycle.withdraw(conf, client)
    return SUCCESS


def _status(conf: cfg.ConfigOpts) -> int:
    path = pathlib.Path(conf.agent.state_path)
    try:
        found = status.judge(
            state.read(path),
            folder.holder(path),
            state.boot_id(),
            time.monotonic(),
        )
    except reading.UnreadableError as e:
        return _misused(f'{errors.plain(e.path)} {errors.plain(e.reason)}')
    except errors.AgentError as e:
        return _misused(str(e))
    except (OSError, ValueError) as e:
        return _misused(f'{errors.plain(path)}: {errors.plain(e)}')
    _print(*([found.json()] if conf.format == 'json' else found.lines()))
    return found.health


def _reload(
    arguments: Sequence[str], first: cfg.ConfigOpts
) -> service.Options:
    """Read the configuration files again.

    :param first: what they said at the start.
    :raises errors.OptionsError: where they are wrong.
    """
    try:
        conf = _load(arguments)
        return service.Options(conf, _adapter(conf))
    except errors.OptionsError:
        # Where logging could not be changed there may be no log any more.
        logging.setup(first, PROJECT)
        raise


def _misused(message: str) -> int:
    sys.stderr.write(f'{PROGRAM}: error: {message}\n')
    return USAGE


def _print_plan(plan: publish.Plan) -> None:
    _print(*plan.lines())
    if not plan:
        _print('nothing to write')


def _print(*lines: str) -> None:
    """Print lines; whoever has stopped to read, as head does, gets no more.

    :raises errors.AgentError: where they cannot be written.
    """
    if sys.stdout is None:
        return  # closed by who called this
    try:
        for line in lines:
            sys.stdout.write(f'{line}\n')
        sys.stdout.flush()
    except OSError as e:
        # Else Python would try once more at its end ("Note on SIGPIPE" in the
        # documentation of its module signal).
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        if not isinstance(e, BrokenPipeError):
            raise errors.AgentError(
                f'nothing can be printed: {errors.plain(e)}'
            ) from e


if __name__ == '__main__':
    sys.exit(main())
