# SPDX-License-Identifier: Apache-2.0
"""The operator's choices ([migcompat]) as a command line gives them.

The defaults are the filter's; a nova.conf overrides these, and a single option
what that says. Knows no command.
"""

import argparse
import dataclasses
from typing import Any

from oslo_config import cfg

from nova_migcompat import decision, demand, policies, trusted
from nova_migcompat.agent import errors
from nova_migcompat.cli import base
from nova_migcompat.conf import filter as filter_conf

#: Options that can be given one by one, and what for.
_SINGLE = {
    'direction': 'whose document must list whom',
    'unlisted_fields': 'what becomes of a field that a device has and the '
    'other document does not mention',
    'unknown_source': 'what happens where the source host publishes nothing '
    'for a device of the guest',
    'unknown_target': 'what happens where a host publishes nothing for a '
    'device that the guest may get',
    'pci_claim': 'what must be compatible where devices of one host differ',
}
#: Those that can be given several times, by the name of their option.
_LISTS = {
    'equal_fields': '--equal-field',
    'mdev_resource_classes': '--mdev-class',
}
_OPTIONS = {option.name: option for option in filter_conf.OPTS}


@dataclasses.dataclass(frozen=True, slots=True)
class Choices:
    """What the options mean.

    :param mdev_classes: the resource classes of mediated devices.
    """

    policy: decision.Policy
    limits: demand.Limits
    mdev_classes: frozenset[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command's own."""
    group = parser.add_argument_group(
        'policy',
        'how the scheduler decides; the defaults are those of its options '
        '[migcompat]',
    )
    group.add_argument(
        '--nova-conf',
        metavar='FILE',
        action='append',
        default=[],
        help='a nova.conf of nova-scheduler, whose [migcompat] counts; can '
        'be repeated',
    )
    for name, purpose in _SINGLE.items():
        option = _OPTIONS[name]
        group.add_argument(
            f'--{name.replace("_", "-")}',
            choices=list(option.type.choices),
            help=f'{purpose} (default: {option.default})',
        )
    group.add_argument(
        _LISTS['equal_fields'],
        metavar='FIELD',
        action='append',
        dest='equal_fields',
        help='a field that must besides be equal on both devices; can be '
        'repeated',
    )
    group.add_argument(
        _LISTS['mdev_resource_classes'],
        metavar='CLASS',
        action='append',
        dest='mdev_resource_classes',
        help=f'a resource class of mediated devices besides {policies.VGPU}; '
        'can be repeated',
    )


def read(parsed_args: argparse.Namespace) -> Choices:
    """Read what the options of a command line mean.

    :raises base.InputError: where a file or a value cannot be used.
    """
    conf = cfg.ConfigOpts()
    filter_conf.register_opts(conf)
    files = [f'--config-file={file}' for file in parsed_args.nova_conf]
    try:
        conf(
            files,
            project='nova',
            default_config_files=[],
            default_config_dirs=[],
        )
        for name in (*_SINGLE, *_LISTS):
            _override(conf, name, getattr(parsed_args, name))
        group = conf[filter_conf.GROUP]
        dict(group)  # a bad value shows when looked at
        return Choices(
            policies.policy(group),
            policies.limits(group),
            policies.device_classes(group),
        )
    except cfg.Error as e:
        raise base.InputError(errors.of_configuration(e)) from e
    except trusted.TrustError as e:
        raise base.InputError(errors.plain(e)) from e


def _override(conf: cfg.ConfigOpts, name: str, value: Any) -> None:
    if value is None:
        return
    try:
        conf.set_override(name, value, filter_conf.GROUP)
    except ValueError as e:
        option = _LISTS.get(name, name)
        raise base.InputError(f'{option}: {errors.plain(e)}') from e
