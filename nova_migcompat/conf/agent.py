# SPDX-License-Identifier: Apache-2.0
"""The group [agent]: what nova-migcompat-agent reads, and how often.

Knows nothing of how the agent uses it.
"""

from oslo_config import cfg, types

from nova_migcompat.conf import numbers

GROUP = 'agent'

#: Where the agent's configuration is, where nobody says otherwise.
FILE = '/etc/nova-migcompat/agent.conf'

OPTS: list[cfg.Opt] = [
    numbers.int_opt(
        'interval',
        least=1,
        most=604800,
        default=60,
        help="""
Seconds between two looks at this host's devices.

A document that changed without a device event (sysfs writes raise none)
reaches the scheduler after at most this time. A look at which nothing changed
costs Placement one GET and no write, so small values burden Placement with
the number of hosts divided by this value, in requests per second.
""",
    ),
    numbers.int_opt(
        'full_check_interval',
        least=1,
        most=604800,
        default=600,
        help="""
Seconds between two full checks of what stands in Placement for this host, at
most.

Between two full checks the agent trusts what it last saw for as long as the
generation of the compute node's resource provider stays the same. A full
check also restores what was lost elsewhere: the providers of mdev parents that
nova-compute deleted and made again, and text that an administrator purged. A
value below ``interval`` makes every look a full check. The second one after a
start, an outage or SIGHUP comes earlier, at random, so that agents that began
together do not go on together.
""",
    ),
    cfg.StrOpt(
        'resource_provider',
        help="""
Name of the compute node's resource provider in Placement, which is the
compute node's ``hypervisor_hostname`` in Nova.

The provider is the one whose UUID stands in nova-compute's ``compute_id``
file, whatever is set here. Where there is no such file it is the one of this
name; where none is set, the one named as this host's fully qualified domain
name, then as its short name. Set it only where these are not right: with the
name of another host, the agent would publish this host's devices there.
""",
    ),
    cfg.ListOpt(
        'nova_config_files',
        default=['/etc/nova/nova.conf', '/etc/nova/nova-compute.conf'],
        help="""
The configuration files of this host's nova-compute, in its own order; files
that do not exist are left out.

Three things are read from them, and nothing else: ``state_path``, where the
``compute_id`` file may be; ``[devices] enabled_mdev_types``; and the
``device_addresses`` of each ``[mdev_<type>]``. With these the agent knows
which type Nova will create on an mdev parent that supports several. Without
them it goes by the mdevs that exist, and publishes nothing for a parent that
supports several types and has no mdev.
""",
    ),
    cfg.StrOpt(
        'sysfs_root',
        default='/sys',
        help="""
The folder where sysfs is mounted.

Another value is for tests, and for agents in a container that see the host's
sysfs elsewhere.
""",
    ),
    cfg.ListOpt(
        'publish_fields',
        default=['*'],
        item_type=types.String(
            max_length=64, regex=r'^(\*|[A-Za-z_][A-Za-z0-9_.-]*)$'
        ),
        help="""
Names of SELF fields that are also published as readable traits,
``CUSTOM_MIGCOMPAT_F_<FIELD>_<VALUE>``, for people, flavors and ``trait:``
extra specs. ``*`` stands for every field; an empty list publishes none.

The scheduler's decision never reads them. Each trait on a compute node makes
every scheduling of the whole cloud slightly slower (six on each of 10,000
hosts: 6 %), so name the few that flavors use where that matters.
""",
    ),
    cfg.StrOpt(
        'state_path',
        default='/var/lib/nova-migcompat',
        help="""
The folder where the running agent keeps its lock and its state, for
``--status``. Made where it is missing, with mode 0700; refused where it
belongs to another user, or where others may write to it.

Only one agent runs with one such folder. Two that publish for the same compute
node would undo each other's work, so give a second agent of a host a folder of
its own only where it publishes for another compute node. A change takes effect
at a restart, not on SIGHUP.
""",
    ),
    cfg.StrOpt(
        'devices_folder',
        default='/etc/nova-migcompat/devices.d',
        help="""
The folder of documents for single devices, ``<address>.compat``:
``0000:84:00.1.compat`` for a device, ``0000:84:00.0,nvidia-35.compat`` for an
mdev type of a parent, ``<uuid>.compat`` for an mdev.

Such a document counts before what the driver or a rule says. The folder and
the files must belong to root or the agent's user and be writable by nobody
else: a document decides which hosts a guest may move to.

A folder that is not there has no documents. One that was there since the agent
started and has vanished, or that cannot be read or trusted, is not an empty
one: the agent changes nothing in Placement, for no device, until it is right
again. Empty it to take all documents back.
""",
    ),
    cfg.StrOpt(
        'rules_folder',
        default='/etc/nova-migcompat/rules.d',
        help="""
The folder of rules, ``*.yaml``, that make documents for devices whose driver
publishes none.

Files count in the order of their names. The folder and the files must belong
to root or the agent's user and be writable by nobody else. When a file becomes
wrong while the agent runs, the rules stay those of before until it is right
again; an agent that starts with a wrong file leaves in Placement what stands
there. Either way the log names the file and the line.

A folder that is not there has no rules. One that was there since the agent
started and has vanished, or that cannot be read or trusted, is as a wrong
file: the rules stay those of before. Empty it to take all rules back.
""",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of [agent].

    :param conf: the agent's own configuration, never nova's
    """
    conf.register_group(cfg.OptGroup(GROUP, title='The agent'))
    conf.register_opts(OPTS, group=GROUP)
