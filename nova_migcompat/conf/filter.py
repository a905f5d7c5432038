# SPDX-License-Identifier: Apache-2.0
"""The group [migcompat] of nova.conf: how the scheduler decides.

Knows nothing of how the scheduler uses it. Choices and defaults are those of
DESIGN.md, section "The filter"; the terms are those of FORMAT.md.
"""

from oslo_config import cfg, types

from nova_migcompat.conf import numbers

GROUP = 'migcompat'

OPTS: list[cfg.Opt] = [
    cfg.StrOpt(
        'direction',
        default='source',
        choices=[
            (
                'source',
                'The document of the source device lists the target device. '
                'Right where newer drivers know older devices.',
            ),
            (
                'target',
                'The document of the target device lists the source device '
                '("allowed to migrate in"). Right where only the newer side '
                'can know, and the newer side is the target.',
            ),
            (
                'both',
                'Each document lists the other device. Fewest hosts pass.',
            ),
            (
                'either',
                'At least one document lists the other device. Most hosts '
                'pass.',
            ),
        ],
        help="""
Whose document must list whom before a guest may move.

Set it to what the drivers in the cloud mean by their documents; one that is
too strict ends migrations in NoValidHost, one that is too loose lets them fail
on the destination.
""",
    ),
    cfg.StrOpt(
        'unknown_source',
        default='pass',
        choices=[
            (
                'pass',
                'Every host passes, as without this filter. Right while '
                'agents are being rolled out.',
            ),
            (
                'reject',
                'No host passes: a guest whose device has no document '
                'cannot be migrated live.',
            ),
        ],
        help="""
What happens when the source host publishes no document for a device of the
guest.
""",
    ),
    cfg.StrOpt(
        'unknown_target',
        default='reject',
        choices=[
            (
                'reject',
                'The device counts as incompatible. Until the agent runs on '
                'every host with devices, guests move only among hosts that '
                'have it.',
            ),
            (
                'pass',
                'The device counts as compatible, and the migration may '
                'fail there.',
            ),
        ],
        help="""
What happens when a candidate host publishes no document for a device that the
guest may be given there, or only such whose text cannot be verified.
""",
    ),
    cfg.StrOpt(
        'pci_claim',
        default='all',
        choices=[
            (
                'all',
                'Every device that Nova may choose must be compatible with '
                'every device of the guest that it may take over from. A '
                'host with one incompatible free device passes only where an '
                'allocation candidate leaves that one out.',
            ),
            (
                'any',
                'It is enough that there is a choice in which each device of '
                'the guest gets a compatible one. Nova may choose otherwise, '
                'and the migration fails on the destination.',
            ),
        ],
        help="""
What must be compatible where devices of one host differ.

Allocation candidates in Placement say which device a guest gets there: always
for mediated devices, and for PCI devices with ``[filter_scheduler]
pci_in_placement``. Without that, Nova on the destination takes any free
devices that match the flavor's alias. In both cases Nova alone decides which
of several devices of one request takes over from which.
""",
    ),
    cfg.BoolOpt(
        'placement_prefilter',
        default=True,
        help="""
Whether Placement is asked only for hosts that have a compatible document.

Placement names at most ``[scheduler] max_placement_results`` candidates: where
few of many hosts are compatible, a filter alone may see none of these, and the
migration ends in NoValidHost though there is one. It also makes the query
faster. It rests on the aggregates in Placement that the agents keep; the
filter decides all the same. Without effect where ``unknown_target = pass``,
and where the user names the host.
""",
    ),
    numbers.int_opt(
        'placement_prefilter_max_documents',
        least=1,
        most=64,
        default=64,
        help="""
How many documents such a query may name, at most.

Each takes 39 bytes of a URL that no server must refuse. Where more documents
are compatible, most hosts are, and the filter is enough.
""",
    ),
    numbers.float_opt(
        'weight_multiplier',
        least=-1000000.0,
        most=1000000.0,
        default=1.0,
        help="""
How much it counts that a guest could come back from a host.

For the weigher ``nova_migcompat.scheduler.weights
.MigrationCompatibilityWeigher``, which is one more entry of
``[filter_scheduler] weight_classes``. Beside Nova's own weighers, of which
most count 1.0: a larger number makes it count more, 0 nothing, and a negative
one prefers the other hosts. An aggregate's metadata
``migcompat_weight_multiplier`` overrides it for the aggregate's hosts.
""",
    ),
    cfg.StrOpt(
        'trusted_documents',
        default='',
        sample_default='/etc/nova/trusted-documents',
        help="""
A file with the digests of the documents that count, one a line; what stands
behind a # is a comment. Empty: all count.

What a compute host says of its devices is believed otherwise. A document that
is not in the file is one that cannot be read: a device that has it on a target
publishes nothing, and on the source ``on_error`` applies. The file is read
for each decision; an empty one trusts nothing. ``nova-migcompat parse`` gives
the digests.
""",
    ),
    numbers.int_opt(
        'max_documents',
        least=1,
        most=4096,
        default=2000,
        help="""
How many different documents in use are read, at most.

It bounds what compute hosts that publish too much can cost the scheduler.
Documents that it knows come before others; those beyond count as documents
that cannot be read, and a WARNING names hosts that have them.
""",
    ),
    cfg.StrOpt(
        'on_error',
        default='reject',
        choices=[
            (
                'reject',
                'No host passes: the live migration ends in NoValidHost and '
                'can be tried again.',
            ),
            (
                'pass',
                'Every host passes, as without this filter, and the '
                'migration may fail on the destination.',
            ),
        ],
        help="""
What happens to a live migration when Placement does not answer within
``timeout``, when Placement or the database answers with an error, or when the
text of the source's document cannot be verified.

The cause is logged at ERROR, once for each request. Requests that need no
decision (a boot, a guest without an assigned device) never ask and never fail.
""",
    ),
    numbers.float_opt(
        'timeout',
        least=0.1,
        most=600.0,
        default=10.0,
        help="""
Seconds that all requests to Placement for one scheduling may take together;
then ``on_error`` applies.

It should be well below nova's ``long_rpc_timeout``, for which the conductor
waits for the scheduler.
""",
    ),
    cfg.StrOpt(
        'unlisted_fields',
        default='reject',
        choices=[
            (
                'reject',
                'The devices are incompatible: every field of a device must '
                'be mentioned.',
            ),
            (
                'ignore',
                'Only the fields that the COMPATIBLE object mentions count.',
            ),
        ],
        help="""
What happens when a device has a field that the other's COMPATIBLE object does
not mention.
""",
    ),
    cfg.ListOpt(
        'equal_fields',
        default=[],
        sample_default='mdev_type',
        item_type=types.String(
            max_length=64, regex=r'^[A-Za-z_][A-Za-z0-9_.-]*$'
        ),
        help="""
Names of SELF fields whose values must be equal on both devices, whatever the
documents allow; absent or empty on both is equal.

It is for what Nova itself cannot change on the way. With the libvirt driver
that is ``mdev_type``: libvirt creates the mdev on the destination with the
source's type, so a document that allows another type allows a migration that
Nova cannot do.
""",
    ),
    cfg.ListOpt(
        'mdev_resource_classes',
        default=[],
        item_type=types.String(max_length=255, regex=r'^CUSTOM_[A-Z0-9_]+$'),
        help="""
Resource classes that count as mediated devices besides ``VGPU``: those that
``[mdev_<type>] mdev_class`` names on any compute host.

A guest whose only device is of a class that is missing here counts as a guest
without devices, and every host passes.
""",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register the options of [migcompat].

    :param conf: nova's configuration
    """
    conf.register_group(
        cfg.OptGroup(GROUP, title='Compatibility of live migrations')
    )
    conf.register_opts(OPTS, group=GROUP)
