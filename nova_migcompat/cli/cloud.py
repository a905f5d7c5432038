# SPDX-License-Identifier: Apache-2.0
"""What the commands that ask Placement share: options, client, errors.

Knows no command. Here, and only here, a command learns how Placement is
reached.
"""

import argparse

from oslo_config import cfg

from nova_migcompat import placement
from nova_migcompat.agent import errors
from nova_migcompat.cli import base
from nova_migcompat.conf import placement as placement_conf

CONFIG_FILE = '/etc/nova-migcompat/agent.conf'


class PlacementLister(base.Lister):
    """A command that asks Placement and prints rows."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options that say how Placement is reached."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--config-file',
            metavar='FILE',
            default=CONFIG_FILE,
            help='whose group [placement] says how Placement is reached; '
            f'default: {CONFIG_FILE}',
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command.

        :returns: the exit status; a Placement that fails is a bad input.
        """
        try:
            return super().run(parsed_args)
        except placement.PlacementError as e:
            base.LOG.error('Placement: %s', errors.plain(e))
            return base.BAD_INPUT


def client(parsed_args: argparse.Namespace) -> placement.PlacementClient:
    """Make a client as the options say; sends nothing.

    :param parsed_args: of a PlacementLister.
    :raises base.InputError: where the file cannot be used.
    :raises placement.PlacementError: where its group [placement] cannot.
    """
    conf = cfg.ConfigOpts()
    placement_conf.register_opts(conf)
    try:
        conf(
            ['--config-file', parsed_args.config_file],
            project='nova-migcompat',
            default_config_files=[],
            default_config_dirs=[],
        )
        dict(conf[placement_conf.GROUP])  # a bad value shows when looked at
    except cfg.Error as e:
        raise base.InputError(errors.of_configuration(e)) from e
    return placement.PlacementClient(placement.load_adapter(conf))
