# SPDX-License-Identifier: Apache-2.0
"""The same commands in the command openstack: openstack migration compat ...

What OpenStackClient asks of a plugin. It imports this at each start, so this
imports nothing that is slow.
"""

import argparse
import os
from typing import Any

API_NAME = 'migration_compat'
API_VERSION_OPTION = 'os_migration_compat_api_version'
DEFAULT_API_VERSION = '1'
#: OpenStackClient looks at the keys; each has a group of entry points.
API_VERSIONS = {'1': f'openstack.{API_NAME}.v1'}


def make_client(instance: Any) -> Any:
    """Tell how services are reached with openstack's options.

    :param instance: OpenStackClient's client manager.
    :returns: a nova_migcompat.cli.access.Access.
    """
    from nova_migcompat.cli import access

    return access.of_openstack_client(instance)


def build_option_parser(
    parser: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    """Add the option that every plugin has."""
    parser.add_argument(
        '--os-migration-compat-api-version',
        metavar='<version>',
        default=os.environ.get('OS_MIGRATION_COMPAT_API_VERSION'),
        help='Version of the commands "migration compat", default='
        f'{DEFAULT_API_VERSION} (Env: OS_MIGRATION_COMPAT_API_VERSION)',
    )
    return parser
