# SPDX-License-Identifier: Apache-2.0
"""One cycle of the agent, from this host's devices to Placement.

Puts the steps together; each step is in a module of its own.
"""

import dataclasses
import pathlib
from collections.abc import Collection

from oslo_config import cfg
from oslo_log import log as logging

from nova_migcompat import placement
from nova_migcompat.agent import desired as desired_names
from nova_migcompat.agent import (
    errors,
    hardware,
    inventory,
    model,
    nova_conf,
    provider,
    publish,
)
from nova_migcompat.agent.sources import loading

LOG = logging.getLogger(__name__)

ALL_FIELDS = '*'


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """What this host would report.

    :param inventory: its devices, each with the documents that count.
    :param desired: the names that makes.
    :param compute_id: the compute node's UUID, where nova has written it.
    """

    inventory: inventory.Inventory
    desired: desired_names.Desired
    compute_id: str | None

    @property
    def problems(self) -> tuple[model.Problem, ...]:
        """The devices that are left out, and why."""
        return self.inventory.problems + self.desired.problems


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a cycle came to.

    :param node: the compute node's provider.
    :param plan: what was written, or would be in a dry run.
    :param problems: the devices that were left out, and why.
    """

    node: placement.Provider
    plan: publish.Plan
    problems: tuple[model.Problem, ...]


def look(conf: cfg.ConfigOpts) -> Host:
    """Look at this host; asks nothing of Placement and logs nothing.

    :param conf: the agent's configuration, with the group [agent].
    :raises errors.AgentError: where that cannot be done as a whole.
    """
    sysfs_root = pathlib.Path(conf.agent.sysfs_root)
    nova = nova_conf.read(conf.agent.nova_config_files, sysfs_root)
    found = hardware.scan(sysfs_root)
    findings = loading.ask(loading.load(conf), found)
    taken = inventory.take(found, findings, nova.mdev_types)
    return Host(
        taken,
        desired_names.desired(
            taken.devices,
            _published_fields(conf.agent.publish_fields),
            certain=not found.problems,
        ),
        provider.compute_id(nova.folders),
    )


def run_once(
    conf: cfg.ConfigOpts,
    client: placement.PlacementClient,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Do one cycle: make Placement say what this host's devices say.

    :param conf: the agent's configuration, with the group [agent].
    :param client: Placement.
    :param dry_run: only find out what would be written.
    :returns: what was done; devices that were left out are in its problems.
    :raises errors.AgentError: where it cannot be done; nothing was written.
    :raises placement.PlacementError: where Placement fails.
    """
    host = look(conf)
    _log(host)
    node = _node(conf, client, host.compute_id)
    plan = publish.compare(client, node, host.desired)
    for name in plan.absent:
        LOG.info(
            'There is no resource provider %s yet: its names follow when'
            ' nova-compute has made it',
            errors.plain(name),
        )
    if not dry_run:
        publish.apply(client, plan, host.desired.documents)
        _log_written(plan)
    return Outcome(node, plan, host.problems)


def withdraw(
    conf: cfg.ConfigOpts,
    client: placement.PlacementClient,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Take away all that is ours from this host's providers.

    Does not look at the devices: it does the same whatever they say.

    :param conf: the agent's configuration, with the group [agent].
    :param client: Placement.
    :param dry_run: only find out what would be taken away.
    :returns: what was done.
    :raises errors.AgentError: where it cannot be done; nothing was written.
    :raises placement.PlacementError: where Placement fails.
    """
    nova = nova_conf.read(
        conf.agent.nova_config_files, pathlib.Path(conf.agent.sysfs_root)
    )
    node = _node(conf, client, provider.compute_id(nova.folders))
    plan = publish.withdraw(client, node)
    if not dry_run:
        publish.apply(client, plan, {})
        _log_written(plan)
    return Outcome(node, plan, ())


def _node(
    conf: cfg.ConfigOpts,
    client: placement.PlacementClient,
    compute_id: str | None,
) -> placement.Provider:
    """Find the compute node's provider by the UUID, else as configured."""
    names = (
        (conf.agent.resource_provider,)
        if conf.agent.resource_provider
        else provider.host_names()
    )
    return provider.find(client, compute_id, names)


def _published_fields(fields: list[str]) -> Collection[str] | None:
    return None if ALL_FIELDS in fields else frozenset(fields)


def _log_written(plan: publish.Plan) -> None:
    for change in plan.changes:
        LOG.info(
            'Resource provider %s: %d names added, %d removed',
            errors.plain(change.provider.name),
            len(change.add),
            len(change.remove),
        )
    for line in plan.lines():
        LOG.debug('Done: %s', line)


def _log(host: Host) -> None:
    for warning in host.inventory.warnings:
        LOG.warning('%s', warning)
    for problem in host.problems:
        LOG.error('A device is left out: %s', problem)
    LOG.info(
        'This host has %d devices to tell of, with %d different documents',
        len(host.inventory.devices),
        len(host.desired.documents),
    )
