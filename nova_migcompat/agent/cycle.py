# SPDX-License-Identifier: Apache-2.0
"""One cycle of the agent, from this host's devices to Placement.

Puts the steps together; each step is in a module of its own.
"""

import dataclasses
import pathlib
import random
import time
from collections.abc import Callable, Collection, Sequence

from oslo_config import cfg
from oslo_log import log as logging

from nova_migcompat import placement
from nova_migcompat.agent import desired as desired_names
from nova_migcompat.agent import (
    errors,
    hardware,
    inventory,
    model,
    notices,
    nova_conf,
    provider,
    publish,
    schedule,
)
from nova_migcompat.agent.sources import base, loading

LOG = logging.getLogger(__name__)

ALL_FIELDS = '*'

#: Names and sources, the one that counts most first.
Sources = Sequence[tuple[str, base.Source]]


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
        """What is wrong, and which devices are left out."""
        return self.inventory.problems + self.desired.problems


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a cycle came to.

    :param host: what was seen.
    :param node: the compute node's provider.
    :param plan: what was written, or would be in a dry run.
    :param generation: that of the provider at which everything stands there as
        it should; None where it is not known.
    """

    host: Host
    node: placement.Provider
    plan: publish.Plan
    generation: int | None = None

    @property
    def problems(self) -> tuple[model.Problem, ...]:
        """What is wrong, and which devices are left out."""
        return self.host.problems


def look(conf: cfg.ConfigOpts, sources: Sources | None = None) -> Host:
    """Look at this host; asks nothing of Placement, and writes nothing.

    :param conf: the agent's configuration, with the group [agent].
    :param sources: where documents come from; None: all that are installed.
    :raises errors.AgentError: where that cannot be done as a whole.
    """
    sysfs_root = pathlib.Path(conf.agent.sysfs_root)
    nova = nova_conf.read(conf.agent.nova_config_files, sysfs_root)
    found = hardware.scan(sysfs_root)
    if sources is None:
        sources = loading.load(conf)
    findings = loading.ask(sources, found)
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
    :returns: what was done, with what was wrong.
    :raises errors.AgentError: where it cannot be done; nothing was written.
    :raises placement.PlacementError: where Placement fails.
    """
    sources = loading.load(conf)
    host = look(conf, sources)
    if not dry_run:
        loading.keep(sources)
    said = notices.Notices()
    _tell(said, host)
    return _full(conf, client, host, said, dry_run=dry_run)


class Reconciler:
    """Does cycle after cycle, and remembers what makes most of them cheap.

    While this host is as it was and the generation of its provider is that
    after the last look, nothing of ours can have changed on the provider, and
    one GET tells. Everything else that is ours (parents' names, texts) is
    looked at in a full check.

    :param conf: the agent's configuration, with the group [agent].
    :param clock: seconds, of a clock that nobody sets.
    :param uniform: where the jitter of full checks comes from.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        clock: Callable[[], float] = time.monotonic,
        uniform: schedule.Uniform = random.uniform,
    ) -> None:
        self._conf = conf
        self._clock = clock
        self._uniform = uniform
        self._sources: Sources | None = None
        self._notices = notices.Notices()
        self._last: Outcome | None = None
        self._due = 0.0

    def reconfigure(self, conf: cfg.ConfigOpts) -> None:
        """Take over another configuration; the next cycle is a full check.

        The sources stay, with all that they hold, and what was said in the
        log is not said again.

        :param conf: it, with the group [agent].
        """
        self._conf = conf
        for _, source in self._sources or ():
            source.configure(conf)
        self._last = None

    def cycle(self, client: placement.PlacementClient) -> Outcome:
        """Do one cycle; says in the log what is new only.

        :param client: Placement.
        :returns: what was done.
        :raises errors.AgentError: where it cannot be done; nothing was
            written.
        :raises placement.PlacementError: where Placement fails. What was
            written stands there; the next cycle is a full check.
        """
        if self._sources is None:
            self._sources = loading.load(self._conf)
        host = look(self._conf, self._sources)
        loading.keep(self._sources)
        _tell(self._notices, host)
        last, self._last = self._last, None
        begun = self._clock()
        if last is not None and self._is_quiet(client, host, last, begun):
            self._last = dataclasses.replace(
                last, host=host, plan=publish.Plan()
            )
        else:
            self._last = _full(self._conf, client, host, self._notices)
            interval = self._conf.agent.full_check_interval
            if last is None:
                interval = schedule.after_first_check(interval, self._uniform)
            self._due = begun + interval
        return self._last

    def _is_quiet(
        self,
        client: placement.PlacementClient,
        host: Host,
        last: Outcome,
        now: float,
    ) -> bool:
        """Whether everything is as it was, as far as one GET can tell."""
        if (
            last.generation is None
            or host.desired != last.host.desired
            or host.compute_id != last.host.compute_id
            or now >= self._due
        ):
            return False
        try:
            found = client.provider_traits(last.node.uuid)
        except placement.NotFound:
            return False  # nova-compute may have made it again by now
        return found.generation == last.generation


def _full(
    conf: cfg.ConfigOpts,
    client: placement.PlacementClient,
    host: Host,
    said: notices.Notices,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Compare everything of ours with what stands there, and write it."""
    node = _node(conf, client, host.compute_id)
    plan = publish.compare(client, node, host.desired)
    said.of_absent(plan.absent)
    if dry_run:
        return Outcome(host, node, plan)
    generation = publish.apply(client, plan, host.desired.documents)
    _log_written(plan)
    return Outcome(host, node, plan, generation)


def withdraw(
    conf: cfg.ConfigOpts,
    client: placement.PlacementClient,
    *,
    dry_run: bool = False,
) -> publish.Plan:
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
    try:
        node = _node(conf, client, provider.compute_id(nova.folders))
    except errors.NoProviderError as e:
        raise errors.NoProviderError(
            e.missing, 'there is nothing to withdraw'
        ) from e
    plan = publish.withdraw(client, node)
    if not dry_run:
        publish.apply(client, plan, {})
        _log_written(plan)
    return plan


def _node(
    conf: cfg.ConfigOpts,
    client: placement.PlacementClient,
    compute_id: str | None,
) -> placement.Provider:
    """Find the compute node's provider by the UUID, else as configured."""
    names: tuple[str, ...] = ()
    if compute_id is None:
        # Asks the resolver, which may take long.
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


def _tell(said: notices.Notices, host: Host) -> None:
    said.of_devices(
        host.inventory.warnings,
        host.problems,
        (len(host.inventory.devices), len(host.desired.documents)),
    )
