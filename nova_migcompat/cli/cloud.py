# SPDX-License-Identifier: Apache-2.0
"""What the commands that ask a cloud share: options, clients, errors.

Knows no command. Here, and only here, a command learns how Placement and Nova
are reached.
"""

import argparse
import http
from typing import Any

from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions

from nova_migcompat import placement
from nova_migcompat.agent import errors
from nova_migcompat.cli import access, base

_PRECEDENCE = f"""\
Placement is reached with the credentials of the first of these:
  1. --config-file, where it is given;
  2. the options --os-*, the variables OS_* and clouds.yaml, where one of them
     says how to authenticate;
  3. {access.CONFIG_FILE}, where it can be read.
A request may take {access.TIMEOUT:g} seconds, unless --timeout, api_timeout in
clouds.yaml, or timeout in the file says otherwise."""

#: What to do about a failure, the first that fits; {} is where the
#: credentials are from.
_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (
        exceptions.Unauthorized,
        'the credentials of {} were not accepted: correct them',
    ),
    (
        exceptions.Forbidden,
        'the user of {} may not do this: it needs another role or project',
    ),
    (
        exceptions.CatalogException,
        'region and interface are those of {}; "openstack catalog list" shows '
        'which endpoints there are',
    ),
    (
        exceptions.SSLError,
        'name the CA that signed its certificate (--os-cacert, or cafile)',
    ),
    (
        exceptions.ConnectionError,
        'its URL is from {}: is it right, and can it be reached from here?',
    ),
    (
        exceptions.DiscoveryFailure,
        'is auth_url of {} the URL of Keystone?',
    ),
    (
        exceptions.HttpServerError,
        'try again; if it stays so, is the service up, and what does its log '
        'say?',
    ),
    (
        exceptions.NotFound,
        'is auth_url of {} the URL of Keystone?',
    ),
)

#: What it means that a census finds no host.
NO_DOCUMENTS = (
    'no host publishes a document: do the agents run (nova-migcompat-agent '
    '--status on a compute host), and is it this Placement that they write to?'
)


class CloudCommand(base.Command):
    """A command that asks Placement, or Nova as well.

    In the command openstack, its options and its session are used. Files may
    do in the place of the cloud, so it authenticates when the cloud is asked.
    """

    _access: access.Access | None = None

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options that say how the cloud is reached."""
        parser = super().get_parser(prog_name)
        if self._manager is not None:
            return parser
        parser.add_argument_group('credentials', _PRECEDENCE).add_argument(
            '--config-file',
            metavar='FILE',
            help="a file like the agent's, whose group [placement] says how "
            'Placement is reached',
        )
        self._clouds = access.Clouds(getattr(self.app, 'arguments', ()))
        self._clouds.register(parser)
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command.

        :returns: the exit status; a cloud that fails is a bad input.
        """
        try:
            return super().run(parsed_args)
        except placement.PlacementError as e:
            words, cause = f'Placement: {errors.plain(e)}', e.__cause__
            if e.status == 401:
                cause = exceptions.Unauthorized()
            elif (
                e.status is not None
                and e.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
            ):
                cause = exceptions.HttpServerError()
        except exceptions.ClientException as e:
            words, cause = errors.plain(e), e
        base.LOG.error('%s%s', words, self._advice(cause))
        return base.BAD_INPUT

    def placement(
        self, parsed_args: argparse.Namespace, **client_options: Any
    ) -> placement.PlacementClient:
        """Make a client of Placement; sends nothing.

        :param client_options: as PlacementClient has them.
        :raises base.InputError: where the options do not say how.
        """
        adapter = self._reach(parsed_args).adapter('placement')
        return placement.PlacementClient(adapter, **client_options)

    def compute(self, parsed_args: argparse.Namespace) -> ksa_adapter.Adapter:
        """Make an adapter for Nova's API; sends nothing.

        Each request names its microversion. What goes wrong on the way ends
        this command with a message, and status 2.

        :raises base.InputError: where the options do not say how.
        """
        return self._reach(parsed_args).adapter('compute')

    @property
    def _manager(self) -> Any:
        """The client manager of openstack; None in a command of our own."""
        return getattr(self.app, 'client_manager', None)

    def _reach(self, parsed_args: argparse.Namespace) -> access.Access:
        if self._access is None:
            if self._manager is not None:
                self.auth_required = True
                access.authenticate(self.app, self)
                self._access = self._manager.migration_compat
            elif parsed_args.config_file is not None:
                self._access = access.of_file(parsed_args.config_file)
            else:
                self._access = _first(self._clouds, parsed_args)
        return self._access

    def _advice(self, cause: BaseException | None) -> str:
        """Say what to do about a failure."""
        source = self._access.source if self._access else 'the options'
        for kind, words in _ADVICE:
            if isinstance(cause, kind):
                return f' ({words.format(source)})'
        return ''


class CloudLister(CloudCommand, base.Lister):
    """A command that asks a cloud and prints rows."""


class CloudShowOne(CloudCommand, base.ShowOne):
    """A command that asks a cloud and prints one thing."""


def _first(
    clouds: access.Clouds, parsed_args: argparse.Namespace
) -> access.Access:
    """Take what is there, where no file is named.

    :raises base.InputError: where there is nothing.
    """
    found = clouds.access(parsed_args)
    if found is not None:
        return found
    if access.is_readable(access.CONFIG_FILE):
        return access.of_file(access.CONFIG_FILE)
    if clouds.names:
        names = ', '.join(clouds.names)
        raise base.InputError(
            f'clouds.yaml has several clouds ({names}): choose one '
            'with --os-cloud'
        )
    raise base.InputError(
        'nothing says how to authenticate: give --os-cloud, or the options '
        '--os-* or variables OS_* that openstack has as well, or '
        '--config-file with a file that has a group [placement] (there is no '
        f'{access.CONFIG_FILE} that this user may read)'
    )
