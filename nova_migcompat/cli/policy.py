# SPDX-License-Identifier: Apache-2.0
"""The options of [migcompat] that decide a pair, as options of a command.

Every command that decides without a scheduler's nova.conf has them. Knows no
command.
"""

import argparse
import re

from nova_migcompat import decision, descriptor

#: As [migcompat] equal_fields has it.
_FIELD_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.-]{0,63}')

_DEFAULTS = decision.Policy()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; their defaults are those of nova.conf."""
    parser.add_argument(
        '--direction',
        choices=descriptor.DIRECTIONS,
        default=_DEFAULTS.direction,
        help='whose document must list whom (default: %(default)s)',
    )
    parser.add_argument(
        '--unlisted-fields',
        choices=descriptor.UNLISTED_FIELDS,
        default=_DEFAULTS.unlisted_fields,
        help='what becomes of a field that a device has and the other '
        'document does not mention (default: %(default)s)',
    )
    parser.add_argument(
        '--equal-field',
        metavar='FIELD',
        action='append',
        default=list(_DEFAULTS.equal_fields),
        type=field_name,
        dest='equal_fields',
        help='a field that must besides be equal on both devices; can be '
        'repeated',
    )


def read(parsed_args: argparse.Namespace) -> decision.Policy:
    """Make the policy that the options ask for."""
    return decision.Policy(
        direction=parsed_args.direction,
        unlisted_fields=parsed_args.unlisted_fields,
        equal_fields=tuple(parsed_args.equal_fields),
    )


def field_name(text: str) -> str:
    """Take the name of a field from the command line.

    :raises argparse.ArgumentTypeError: where it is none.
    """
    if not _FIELD_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f'{text!r} is no name of a field')
    return text
