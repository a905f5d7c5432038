# SPDX-License-Identifier: Apache-2.0
"""The command nova-migcompat-status: is this scheduler fit to decide?

Reads nova.conf as nova-scheduler does, into options of its own, and asks
Placement. Does not import nova: it also says why a Nova would not start.
"""

import functools
import sys
from collections.abc import Callable, Sequence

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck
from oslo_upgradecheck.upgradecheck import Code, Result

from nova_migcompat import fleet, placement, policies, trusted
from nova_migcompat.agent import errors
from nova_migcompat.cli import silent
from nova_migcompat.conf import filter as filter_conf
from nova_migcompat.conf import placement as placement_conf

FILTER = 'MigrationCompatibilityFilter'
WEIGHER_PATH = 'nova_migcompat.scheduler.weights.MigrationCompatibilityWeigher'
FILTER_PATH = f'nova_migcompat.scheduler.filters.{FILTER}'
_NOVA_FILTERS = 'nova.scheduler.filters.all_filters'
#: Seconds that each request to Placement may take; documents or hosts named.
_TIMEOUT, _NAMED = 30.0, 3

#: nova/conf/scheduler.py and nova/conf/rpc.py.
_FILTER_OPTS = [
    cfg.MultiStrOpt('available_filters', default=[_NOVA_FILTERS]),
    cfg.ListOpt('enabled_filters', default=[]),
    cfg.ListOpt('weight_classes', default=[]),
    cfg.BoolOpt('pci_in_placement', default=False),
]
#: nova/conf/pci.py.
_PCI_OPTS = [cfg.MultiStrOpt('alias', default=[])]
_RPC_OPTS = [cfg.IntOpt('long_rpc_timeout', default=1800)]

_Check = tuple[str, Callable[['Checks'], Result]]


class Checks(upgradecheck.UpgradeCommands):
    """What must be so before live migrations are decided, and may not be.

    :param conf: nova's configuration, to be read by the time of a check.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        filter_conf.register_opts(conf)
        placement_conf.register_opts(conf)
        conf.register_opts(_FILTER_OPTS, group='filter_scheduler')
        conf.register_opts(_PCI_OPTS, group='pci')
        conf.register_opts(_RPC_OPTS)

    def check_filter(self) -> Result:
        """Is the filter among those that nova-scheduler asks?"""
        group = self._conf.filter_scheduler
        if FILTER not in group.enabled_filters:
            return Result(
                Code.FAILURE,
                f'[filter_scheduler] enabled_filters does not name {FILTER}: '
                'no live migration is decided. Add it to the filters that '
                'stand there.',
            )
        if FILTER_PATH not in group.available_filters:
            return Result(
                Code.FAILURE,
                f'[filter_scheduler] available_filters does not name '
                f'{FILTER_PATH}: nova-scheduler does not start. Add a line '
                f'with it, besides one with {_NOVA_FILTERS}.',
            )
        if _NOVA_FILTERS not in group.available_filters:
            return Result(
                Code.WARNING,
                f'[filter_scheduler] available_filters does not name '
                f"{_NOVA_FILTERS}: Nova's own filters are unknown unless "
                'other lines name them.',
            )
        return Result(Code.SUCCESS)

    def check_options(self) -> Result:
        """Can the options be read, and do they go together?"""
        try:
            group = dict(self._conf[filter_conf.GROUP])
            limit = self._conf.long_rpc_timeout
            trusted.read(group['trusted_documents'])
        except (cfg.Error, ValueError) as error:
            return Result(Code.FAILURE, errors.of_configuration(error))
        except trusted.TrustError as error:
            return Result(Code.FAILURE, errors.plain(error))
        if group['timeout'] >= limit:
            return Result(
                Code.WARNING,
                f'[migcompat] timeout ({group["timeout"]:g} s) is not below '
                f'long_rpc_timeout ({limit} s): the conductor gives a live '
                'migration up before the filter does.',
            )
        if group['placement_prefilter'] and group['unknown_target'] == 'pass':
            return Result(
                Code.WARNING,
                '[migcompat] placement_prefilter is without effect, as '
                'unknown_target = pass.',
            )
        return Result(Code.SUCCESS)

    def check_weigher(self) -> Result:
        """Does the weigher, where it is enabled, make a difference?"""
        if WEIGHER_PATH not in self._conf.filter_scheduler.weight_classes:
            return Result(Code.SUCCESS, 'The weigher is not enabled.')
        if not self._conf.migcompat.weight_multiplier:
            return Result(
                Code.WARNING,
                '[migcompat] weight_multiplier is 0: the weigher is without '
                'effect where no aggregate says otherwise.',
            )
        return Result(Code.SUCCESS)

    def check_placement(self) -> Result:
        """Does Placement answer, at a version that is new enough?"""
        try:
            _ = self._in_use
        except (placement.PlacementError, cfg.Error) as error:
            return Result(Code.FAILURE, errors.plain(error))
        return Result(Code.SUCCESS)

    def check_documents(self) -> Result:
        """Can every document that a host has be read?"""
        try:
            digests = self._in_use
            problems = fleet.Library().read(self._client, digests).problems
        except (placement.PlacementError, cfg.Error):
            return Result(
                Code.WARNING, 'Not known, as Placement does not answer.'
            )
        if not digests:
            return Result(
                Code.WARNING,
                'No host publishes a document: is nova-migcompat-agent '
                'running on hosts with devices?',
            )
        if problems:
            some = [f'{d}: {p}' for d, p in sorted(problems.items())[:_NAMED]]
            more = len(problems) - len(some)
            return Result(
                Code.WARNING,
                f'{len(problems)} of {len(digests)} documents in use cannot '
                f'be read, and count as none: {"; ".join(some)}'
                f'{f"; {more} more" if more else ""}. The agents of their '
                'hosts publish them again at their next full check.',
            )
        return Result(Code.SUCCESS, f'{len(digests)} documents are in use.')

    def check_hosts(self) -> Result:
        """Does every host with devices publish a document?"""
        try:
            wanted = silent.classes(
                policies.device_classes(self._conf.migcompat),
                self._conf.pci.alias,
                has_pci=self._conf.filter_scheduler.pci_in_placement,
            )
            found = silent.hosts(self._client, self._in_use, wanted)
        except (placement.PlacementError, cfg.Error, ValueError) as error:
            return Result(Code.WARNING, f'Not known: {errors.plain(error)}')
        if not found.names:
            return Result(Code.SUCCESS)
        some = ', '.join(map(errors.plain, found.names[:_NAMED]))
        more = len(found.names) - _NAMED
        return Result(
            Code.WARNING,
            'Hosts that have devices in Placement and publish no document: '
            f'{"" if found.are_all else "at least "}{len(found.names)} '
            f'({some}{f" and {more} more" if more > 0 else ""}). No guest '
            'with a device may move there as long as [migcompat] '
            'unknown_target is reject. Does nova-migcompat-agent --status '
            'say 0 there?',
        )

    @functools.cached_property
    def _in_use(self) -> frozenset[str]:
        """The digests of the documents in use, asked for once."""
        return fleet.documents_in_use(self._client)

    @functools.cached_property
    def _client(self) -> placement.PlacementClient:
        adapter = placement.load_adapter(self._conf)
        return placement.PlacementClient(adapter, timeout=_TIMEOUT, retries=0)

    _upgrade_checks: tuple[_Check, ...] = (
        ('Filter', check_filter),
        ('Options of [migcompat]', check_options),
        ('Weigher', check_weigher),
        ('Placement', check_placement),
        ('Documents', check_documents),
        ('Hosts', check_hosts),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: the command line without the program's name; None: that
        of the process.
    :returns: the exit status: 0 all is well, 1 there are warnings, 2 a check
        failed, 255 the configuration cannot be read.
    :raises SystemExit: for --help, and for what is wrong in the arguments.
    """
    conf = cfg.ConfigOpts()
    upgradecheck.register_cli_options(conf, Checks(conf))
    try:
        # Nova-scheduler's files and folders, where the arguments name none.
        conf(
            list(sys.argv[1:] if arguments is None else arguments),
            project='nova',
            prog='nova-scheduler',
            usage='%(prog)s [options] upgrade check [--json]',
        )
    except (cfg.Error, UnicodeDecodeError) as error:
        _say(errors.of_configuration(error))
        return 255
    if not conf.config_file and not conf.config_dir:
        _say('no nova.conf found: what follows is of the defaults')
    upgradecheck.CONF = conf
    status: int = upgradecheck.run(conf)
    return status


def _say(words: str) -> None:
    sys.stderr.write(f'nova-migcompat-status: {words}\n')


if __name__ == '__main__':
    sys.exit(main())
