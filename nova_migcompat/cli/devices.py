# SPDX-License-Identifier: Apache-2.0
"""nova-migcompat devices: what would this host's agent report?

Looks with the agent's own code; writes nothing and must know nothing of how
Placement is reached.
"""

import argparse
import logging
import os
from collections.abc import Iterator, Sequence

from oslo_config import cfg

from nova_migcompat import descriptor, traits
from nova_migcompat.agent import cycle, errors, inventory, model
from nova_migcompat.cli import base, cells, configuration
from nova_migcompat.conf import agent as agent_conf

LOG = logging.getLogger(__name__)

CONFIG_FILE = agent_conf.FILE

COLUMNS = ('Device', 'File', 'Digest', 'Names', 'Error')

Row = tuple[object, ...]


class Devices(base.Lister):
    """Show which devices this host's agent would report, and what is wrong.

    One row for each document that counts for a device: the device's location
    in Placement, with the mdev type or the mdev that the document is about,
    where the document comes from, its digest, and the names for document and
    location that the agent would publish. (The names of the document's fields
    and the names with its text come besides.) A row without a digest is a
    device that a guest could be given and nothing describes, or one with an
    error, whose file, line and column are shown; every other device is
    reported nevertheless.

    Run it as the agent's user, on the compute host. It writes nothing and
    asks nothing of Placement.
    """

    _epilog = """\
exit status:
  0  nothing is wrong
  1  at least one device, or a file, has an error
  2  the agent would do nothing at all, or the command line is wrong

example:
  $ nova-migcompat devices
  $ nova-migcompat devices --sysfs copy-of-sys \\
        --nova-config-file copy-of-nova.conf -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add this command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--sysfs',
            metavar='DIR',
            help='where sysfs is, or a copy of it (default: as the '
            'configuration says, /sys)',
        )
        parser.add_argument(
            '--config-file',
            metavar='FILE',
            help="the agent's configuration, whose group [agent] counts "
            f'(default: {CONFIG_FILE}, where there is one)',
        )
        parser.add_argument(
            '--nova-config-file',
            metavar='FILE',
            action='append',
            help="nova-compute's configuration, for a copy of sysfs (default: "
            'as the configuration says); can be repeated',
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> base.Table:
        """Look at the devices; a problem makes the status 1."""
        _expect(parsed_args.nova_config_file or ())
        conf = _configuration(parsed_args.config_file)
        given = {
            'sysfs_root': parsed_args.sysfs,
            'nova_config_files': parsed_args.nova_config_file,
        }
        for name, value in given.items():
            if value is not None:
                conf.set_override(name, value, group=agent_conf.GROUP)
        try:
            host = cycle.look(conf)
        except errors.AgentError as e:
            raise base.InputError(str(e)) from e
        for warning in host.inventory.warnings:
            LOG.warning('%s', warning)
        if host.problems:
            self.status = base.NO
        rows = list(_rows(host))
        if not rows:
            root = conf[agent_conf.GROUP].sysfs_root
            self.nothing(f'{root} has no device that a guest could be given')
        return COLUMNS, rows


def _expect(files: Sequence[str]) -> None:
    """Expect files to be there that the operator names.

    The agent's own option names what may be there, as its default does.

    :raises base.InputError: where one is not.
    """
    for file in files:
        if not os.path.lexists(file):
            raise base.InputError(
                f'{cells.printable(file)}: there is no such file'
            )


def _configuration(path: str | None) -> cfg.ConfigOpts:
    """Read the group [agent].

    :param path: the file; None: the agent's, where there is one.
    :raises base.InputError: where it cannot be used.
    """
    if path is None and os.path.lexists(CONFIG_FILE):
        path = CONFIG_FILE
    return configuration.read(
        [] if path is None else [path],
        agent_conf.register_opts,
        agent_conf.GROUP,
        'nova-migcompat',
    )


def _rows(host: cycle.Host) -> Iterator[Row]:
    """Tell of every device, and then of what is wrong besides."""
    shown: set[model.Problem] = set()
    for described in host.inventory.devices:
        if not described.findings:
            yield str(described.device.name), None, None, [], None
        for finding in described.findings:
            if finding.problem:
                shown.add(finding.problem)
            yield _row(host, described, finding)
    for problem in host.problems:
        if problem not in shown:
            name = problem.device and str(problem.device)
            yield name, problem.path, None, [], _error(problem, problem.path)


def _row(
    host: cycle.Host, described: inventory.Described, finding: model.Finding
) -> Row:
    document, problem = finding.document, finding.problem
    return (
        str(finding.device),
        finding.path,
        document and document.digest,
        document and _names(host, described.device, document),
        problem and _error(problem, finding.path),
    )


def _names(
    host: cycle.Host, device: model.Device, document: descriptor.Document
) -> Sequence[str]:
    """Tell which names the agent would publish for a device's document."""
    digest = document.digest
    places = [place for place in (device.location, device.physfn) if place]
    candidates = [
        traits.document_trait(digest),
        *(traits.location_trait(place, digest) for place in places),
    ]
    return [name for name in candidates if name in host.desired.node]


def _error(problem: model.Problem, file: str | None = None) -> cells.Cell:
    """Say what is wrong, and where.

    :param file: what stands beside it in a table, and is not repeated there.
    """
    line, column = problem.line, problem.column or 1
    place = '' if line is None else f':{line}:{column}'
    whole = f'{cells.printable(problem.path)}{place}: {problem.reason}'
    if problem.path != file:
        return cells.Cell(whole)
    where = '' if line is None else f'line {line}, column {column}: '
    return cells.Cell(whole, where + problem.reason)
