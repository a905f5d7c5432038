# SPDX-License-Identifier: Apache-2.0
"""Every option of the project, one module for each group.

Nothing is registered at import: each module has ``register_opts(conf)``, and
whoever owns a ``ConfigOpts`` calls those that it needs. The lists below are
for oslo-config-generator: one for the agent's own file, one for what is added
to nova.conf. Knows no other part of the project.
"""

from oslo_config import cfg

from nova_migcompat.conf import agent, placement
from nova_migcompat.conf import filter as filter_conf

OptsByGroup = list[tuple[str, list[cfg.Opt]]]


def list_agent_opts() -> OptsByGroup:
    """Return the options of the agent's file, agent.conf.

    The entry point ``nova_migcompat.agent`` of ``oslo.config.opts``.

    :returns: pairs of a group's name and its options
    """
    return [
        (agent.GROUP, agent.OPTS),
        (placement.GROUP, placement.list_opts()),
    ]


def list_filter_opts() -> OptsByGroup:
    """Return the options that nova-scheduler reads from nova.conf.

    The entry point ``nova_migcompat.filter`` of ``oslo.config.opts``.

    :returns: pairs of a group's name and its options
    """
    return [(filter_conf.GROUP, filter_conf.OPTS)]
