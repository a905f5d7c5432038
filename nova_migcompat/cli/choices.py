# SPDX-License-Identifier: Apache-2.0
"""The operator's choices ([migcompat]) as a command line gives them.

The defaults are the filter's; a nova.conf overrides these, and a single option
what that says. Knows no command.
"""

import argparse
import dataclasses
import re
from collections.abc import Mapping, Sequence

from nova_migcompat import decision, descriptor, policies
from nova_migcompat.cli import base

_UNKNOWN = ('pass', 'reject')

#: Options that decide a pair of documents: the answers, and to what.
_OF_A_PAIR = {
    'direction': (descriptor.DIRECTIONS, 'whose document must list whom'),
    'unlisted_fields': (
        descriptor.UNLISTED_FIELDS,
        'what becomes of a field that a device has and the other document '
        'does not mention',
    ),
}
#: Those that besides decide a host.
_OF_A_HOST = {
    'unknown_source': (
        _UNKNOWN,
        'what happens where the source host publishes nothing for a device '
        'of the guest',
    ),
    'unknown_target': (
        _UNKNOWN,
        'what happens where a host publishes nothing for a device that the '
        'guest may get',
    ),
    'pci_claim': (
        ('all', 'any'),
        'what must be compatible where devices of one host differ',
    ),
}
_DEFAULTS = decision.Policy()

#: As conf/filter.py has them, which costs every command oslo.config.
_FIELD_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.-]{0,63}')
_RESOURCE_CLASS = re.compile(r'CUSTOM_[A-Z0-9_]{1,248}')


@dataclasses.dataclass(frozen=True, slots=True)
class Choices:
    """What the options mean.

    :param limits: what of a fleet counts.
    :param mdev_classes: the resource classes of mediated devices.
    """

    policy: decision.Policy = _DEFAULTS
    limits: policies.Limits = policies.DEFAULT_LIMITS
    mdev_classes: frozenset[str] = frozenset({policies.VGPU})


def add_pair_arguments(
    parser: argparse.ArgumentParser,
) -> argparse._ArgumentGroup:
    """Add the options of a command that decides pairs of documents.

    :returns: the group that they are in.
    """
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
        help='a nova.conf of nova-scheduler, whose [migcompat] counts where '
        'an option is not given; can be repeated',
    )
    _add(group, _OF_A_PAIR)
    group.add_argument(
        '--equal-field',
        metavar='FIELD',
        action='append',
        dest='equal_fields',
        type=field_name,
        help='a field that must besides be equal on both devices; can be '
        'repeated',
    )
    return group


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that decides which hosts pass."""
    group = add_pair_arguments(parser)
    _add(group, _OF_A_HOST)
    add_class_argument(group)


def add_class_argument(group: argparse._ArgumentGroup) -> None:
    """Add the option of a command that looks at servers' flavors."""
    group.add_argument(
        '--mdev-class',
        metavar='CLASS',
        action='append',
        dest='mdev_classes',
        type=_resource_class,
        help=f'a resource class of mediated devices besides {policies.VGPU}; '
        'can be repeated',
    )


def read_policy(parsed_args: argparse.Namespace) -> decision.Policy:
    """Read how a command line with the options of a pair decides pairs.

    :raises base.InputError: where a file or a value in it cannot be used.
    """
    return _with_options(_of_files(parsed_args.nova_conf).policy, parsed_args)


def read(parsed_args: argparse.Namespace) -> Choices:
    """Read what the options of a command line mean.

    :raises base.InputError: where a file or a value in it cannot be used.
    """
    found = _of_files(parsed_args.nova_conf)
    classes = found.mdev_classes
    if parsed_args.mdev_classes is not None:
        classes = frozenset({policies.VGPU, *parsed_args.mdev_classes})
    policy = _with_options(found.policy, parsed_args)
    return Choices(policy, found.limits, classes)


def field_name(text: str) -> str:
    """Take the name of a field from the command line.

    :raises argparse.ArgumentTypeError: where it is none.
    """
    if not _FIELD_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f'{text!r} is no name of a field')
    return text


def _resource_class(text: str) -> str:
    """Take a resource class from the command line.

    :raises argparse.ArgumentTypeError: where it is none of an operator's.
    """
    if not _RESOURCE_CLASS.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no resource class of an operator: CUSTOM_...'
        )
    return text


def _add(
    group: argparse._ArgumentGroup,
    options: Mapping[str, tuple[Sequence[str], str]],
) -> None:
    for name, (answers, purpose) in options.items():
        group.add_argument(
            f'--{name.replace("_", "-")}',
            choices=answers,
            help=f'{purpose} (default: {getattr(_DEFAULTS, name)})',
        )


def _with_options(
    policy: decision.Policy, parsed_args: argparse.Namespace
) -> decision.Policy:
    """Let the options that are given override a policy."""
    names = (*_OF_A_PAIR, *_OF_A_HOST, 'equal_fields')
    given = {name: getattr(parsed_args, name, None) for name in names}
    if given['equal_fields'] is not None:
        given['equal_fields'] = tuple(given['equal_fields'])
    return dataclasses.replace(
        policy, **{k: v for k, v in given.items() if v is not None}
    )


def _of_files(files: Sequence[str]) -> Choices:
    """Read what the files of a nova-scheduler mean, if there are any.

    :raises base.InputError: where one, or a value in it, cannot be used.
    """
    if not files:
        return Choices()
    # Only here: who compares two documents need not wait for oslo.config.
    from nova_migcompat import trusted
    from nova_migcompat.agent import errors
    from nova_migcompat.cli import configuration
    from nova_migcompat.conf import filter as filter_conf

    conf = configuration.read(
        files, filter_conf.register_opts, filter_conf.GROUP, 'nova'
    )
    group = conf[filter_conf.GROUP]
    try:
        return Choices(
            policies.policy(group),
            policies.limits(group),
            policies.device_classes(group),
        )
    except trusted.TrustError as e:
        raise base.InputError(errors.plain(e)) from e
