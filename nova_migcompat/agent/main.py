# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat-agent: options, logging, exit status.

What a cycle does is for cycle.py to know.
"""

import importlib.metadata
import pathlib
import sys
from collections.abc import Sequence

from oslo_config import cfg
from oslo_log import log as logging

from nova_migcompat import placement
from nova_migcompat.agent import cycle, errors
from nova_migcompat.conf import agent as agent_conf
from nova_migcompat.conf import placement as placement_conf

LOG = logging.getLogger(__name__)

PROJECT = 'nova-migcompat'
PROGRAM = 'nova-migcompat-agent'
CONFIG_FILE = '/etc/nova-migcompat/agent.conf'

#: Exit status: all went well; something did not; the call itself is wrong.
SUCCESS, FAILURE, USAGE = 0, 1, 2

_OPTS = [
    cfg.BoolOpt(
        'once',
        default=False,
        help='Look at the devices once, publish what they say, and exit.',
    ),
    cfg.BoolOpt(
        'withdraw',
        default=False,
        help='Take the names and memberships of this host out of Placement, '
        'and exit. Stop the agent first: it would publish them again.',
    ),
    cfg.BoolOpt(
        'dry-run',
        default=False,
        help='Print what would be written to Placement, and write nothing.',
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
            file for file in (CONFIG_FILE,) if pathlib.Path(file).exists()
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
    try:
        conf = load_conf(sys.argv[1:] if arguments is None else arguments)
        logging.setup(conf, PROJECT)
    except (cfg.Error, logging.LogConfigError) as e:
        return _misused(errors.of_configuration(e))
    if not (conf.once or conf.withdraw):
        conf.print_usage(sys.stderr)
        return _misused('--once is required: say that one look is wanted')
    action = cycle.withdraw if conf.withdraw else cycle.run_once
    try:
        client = placement.PlacementClient(placement.load_adapter(conf))
        outcome = action(conf, client, dry_run=conf.dry_run)
    except errors.AgentError as e:
        LOG.error('%s', e)
        return FAILURE
    except placement.PlacementError as e:
        LOG.error('Placement: %s', errors.plain(e))
        return FAILURE
    if conf.dry_run:
        _print(outcome)
    return FAILURE if outcome.problems else SUCCESS


def _misused(message: str) -> int:
    sys.stderr.write(f'{PROGRAM}: error: {message}\n')
    return USAGE


def _print(outcome: cycle.Outcome) -> None:
    for line in outcome.plan.lines():
        sys.stdout.write(f'{line}\n')
    if not outcome.plan:
        sys.stdout.write('nothing to write\n')


if __name__ == '__main__':
    sys.exit(main())
