# SPDX-License-Identifier: Apache-2.0
"""How the services of a cloud are reached: a file, a cloud, or a session.

Each way ends in an :class:`Access`. Sends nothing, and knows no command. No
message quotes what stands in a file: it may be a password.
"""

import argparse
import contextlib
import dataclasses
import functools
import getpass
import importlib.metadata
import logging
import os
import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from keystoneauth1 import adapter as ksa_adapter
from keystoneauth1 import exceptions, loading

from nova_migcompat import placement
from nova_migcompat.agent import errors
from nova_migcompat.cli import base, configuration
from nova_migcompat.conf import agent as agent_conf
from nova_migcompat.conf import placement as placement_conf

PROJECT = 'nova-migcompat'
CONFIG_FILE = agent_conf.FILE

#: Seconds that a request may take where nothing else is said.
TIMEOUT = placement_conf.TIMEOUT

#: Clouds that openstacksdk makes of variables, and of nothing.
_NAMELESS = ('envvars', 'defaults')

#: Options that say nothing of how to authenticate.
_ELSE = {
    'os_auth_type',
    'os_cacert',
    'os_cert',
    'os_interface',
    'os_key',
    'os_region_name',
}

#: What openstacksdk raises for a clouds.yaml of another shape, besides its
#: own exceptions.
_MISSHAPEN = (AttributeError, LookupError, TypeError, ValueError)


_OPTIONS = {
    '--os-cloud': 'the cloud in clouds.yaml',
    '--os-region-name': 'the region of the services',
    '--os-interface': 'which endpoints are used: public, internal or admin',
    '--os-cacert': 'the file of the CA that verifies certificates',
    '--os-cert': 'the file of the certificate of this client',
    '--os-key': 'the file of the key of this client',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """How services are reached.

    :param source: where that stands, in words.
    :param adapter: makes an adapter for a service type; sends nothing.
    """

    source: str
    adapter: Callable[[str], ksa_adapter.Adapter]


def of_file(path: str) -> Access:
    """Take the group [placement] of a file like the agent's.

    :param path: the file; services other than Placement are reached with the
        same credentials, by the catalog.
    :raises base.InputError: where it cannot be used.
    """
    conf = configuration.read(
        [path], placement_conf.register_opts, placement_conf.GROUP, PROJECT
    )
    try:
        with configuration.reading([path]):
            of_placement = placement.load_adapter(conf)
    except placement.PlacementError as e:
        raise base.InputError(
            f'{errors.plain(path)}: {errors.plain(e)}'
        ) from e

    def _adapter(service_type: str) -> ksa_adapter.Adapter:
        if service_type == placement_conf.SERVICE_TYPE:
            return of_placement
        return ksa_adapter.Adapter(
            of_placement.session,
            service_type=service_type,
            interface=of_placement.interface,
            region_name=of_placement.region_name,
        )

    return Access(errors.plain(path), _adapter)


class Clouds:
    """The options that every client of OpenStack has, OS_* and clouds.yaml.

    :param arguments: the command line, of which the auth type and the cloud
        are read beforehand: they tell which options there are.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)

    @property
    def names(self) -> list[str]:
        """The clouds of clouds.yaml, ready to be printed."""
        names = self._config.get_cloud_names()
        return sorted(errors.plain(n) for n in names if n not in _NAMELESS)

    def register(self, parser: argparse.ArgumentParser) -> None:
        """Add the options.

        :raises base.InputError: where there is no such auth type.
        """
        group = parser.add_argument_group('cloud')
        for name, words in _OPTIONS.items():
            variable = name[2:].replace('-', '_').upper()
            group.add_argument(
                name,
                metavar='<value>',
                default=os.environ.get(variable),
                help=f'{words} (Env: {variable})',
            )
        group.add_argument(
            '--insecure',
            action='store_true',
            default=None,
            help='do not verify certificates',
        )
        group.add_argument(
            '--timeout',
            metavar='<seconds>',
            type=_seconds,
            help='how long a request may take',
        )
        try:
            loading.register_auth_argparse_arguments(
                parser, self._arguments, default=self._auth_type()
            )
        except exceptions.NoMatchingPlugin as e:
            names = ', '.join(sorted(loading.get_available_plugin_names()))
            raise base.InputError(
                f'no auth type {errors.quoted(e.name)}; there are: {names}'
            ) from e

    def access(self, parsed_args: argparse.Namespace) -> Access | None:
        """Take the options, the variables and clouds.yaml, as they go.

        :returns: None where none of these says how to authenticate.
        :raises base.InputError: where they cannot be used.
        """
        chosen = {
            name: value
            for name, value in vars(parsed_args).items()
            if name == 'insecure' or name.startswith('os_')
        }
        said = {name for name, value in chosen.items() if value} - _ELSE
        if not (said or self._one(chosen, validate=False).config['auth']):
            return None
        region = self._one(chosen, validate=True)
        if parsed_args.timeout:
            region.config['api_timeout'] = parsed_args.timeout
        source = 'the options --os-* or the variables OS_*'
        if region.name and region.name not in _NAMELESS:
            source = f'the cloud {errors.quoted(region.name)} of clouds.yaml'
        session = region.get_session()
        placement.end_recursion(session.auth)
        return _of_region(region, session, source)

    def _auth_type(self) -> str:
        """Tell the auth type of the cloud that the command line means."""
        peeking = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        peeking.add_argument('--os-cloud')
        chosen, _ = peeking.parse_known_args(self._arguments)
        try:
            region = self._one(vars(chosen), validate=False)
        except base.InputError:
            return 'password'  # the message comes when the cloud is needed
        found: str = region.config['auth_type'] or 'none'
        return found

    def _one(self, chosen: Mapping[str, Any], *, validate: bool) -> Any:
        """Return openstacksdk's CloudRegion.

        :param chosen: options; what is None or empty is read elsewhere.
        :param validate: whether the auth plugin is loaded.
        """
        options = argparse.Namespace(**chosen)
        with _failing():
            return self._config.get_one(argparse=options, validate=validate)

    @functools.cached_property
    def _config(self) -> Any:
        """openstacksdk's OpenStackConfig, which has read the files."""
        from openstack.config import loader

        log = logging.getLogger('openstack.config')
        log.addFilter(_without_excerpts)
        try:
            with _failing():
                config = loader.OpenStackConfig(
                    pw_func=getpass.getpass if _can_ask() else None,
                    override_defaults={'api_timeout': TIMEOUT},
                    app_name=PROJECT,
                    app_version=importlib.metadata.version(PROJECT),
                )
                # Else no --os-region-name could differ from OS_REGION_NAME,
                # which is its default.
                of_variables = config.cloud_config['clouds'].get('envvars')
                if of_variables:
                    of_variables.pop('region_name', None)
                return config
        finally:
            log.removeFilter(_without_excerpts)


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """Make an InputError of whatever openstacksdk raises for its input."""
    from openstack import exceptions as sdk_exceptions

    try:
        yield
    except base.InputError:
        raise
    except exceptions.MissingRequiredOptions as e:
        names = ', '.join(option.dest for option in e.options)
        raise base.InputError(
            f'to authenticate, {names} must be given, as --os-... or OS_... '
            'or in clouds.yaml'
        ) from e
    except (sdk_exceptions.SDKException, exceptions.ClientException) as e:
        raise base.InputError(errors.plain(e)) from e
    except _MISSHAPEN as e:
        # Not what the exception says, which may be a value.
        raise base.InputError(
            'clouds.yaml, or a variable OS_*, is not as openstacksdk '
            f'documents it ({type(e).__name__})'
        ) from e


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float('inf'):
        raise argparse.ArgumentTypeError(
            f'{text!r} is no number of seconds above 0'
        )
    return number


def authenticate(application: Any, command: Any) -> None:
    """Let the command openstack authenticate.

    :param application: its application, which does so for a command whose
        ``auth_required`` is true.
    :raises base.InputError: where its options do not say how.
    :raises exceptions.ClientException: where they are not accepted, or
        Keystone is away.
    """
    from openstack import exceptions as sdk_exceptions
    from osc_lib import exceptions as osc_exceptions

    try:
        application.prepare_to_run_command(command)
    except (
        sdk_exceptions.SDKException,
        osc_exceptions.AuthorizationFailure,
        osc_exceptions.CommandError,
    ) as e:
        raise base.InputError(errors.plain(e)) from e


def of_openstack_client(manager: Any) -> Access:
    """Take the session that the command openstack has opened.

    :param manager: its client manager.
    """
    return _of_region(
        manager.sdk_connection.config,
        manager.session,
        "openstack's own options",
    )


def _of_region(region: Any, session: Any, source: str) -> Access:
    if session.timeout is None:
        session.timeout = TIMEOUT

    def _adapter(service_type: str) -> ksa_adapter.Adapter:
        return ksa_adapter.Adapter(
            session,
            service_type=region.get_service_type(service_type),
            service_name=region.get_service_name(service_type),
            interface=region.get_interface(service_type),
            region_name=region.get_region_name(service_type) or None,
            endpoint_override=region.get_endpoint(service_type),
            connect_retries=region.get_connect_retries(service_type),
            client_name=PROJECT,
        )

    return Access(source, _adapter)


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _without_excerpts(record: logging.LogRecord) -> bool:
    """Take out of a log line what YAML quotes of a file."""
    arguments = record.args
    if isinstance(arguments, tuple):
        record.args = tuple(map(_place, arguments))
    return True


def _place(argument: object) -> object:
    if isinstance(argument, yaml.MarkedYAMLError):
        mark = argument.problem_mark
        line = f'line {mark.line + 1}: ' if mark else ''
        return f'{line}it is no YAML'
    if isinstance(argument, yaml.YAMLError):
        return 'it is no YAML'
    return argument


def is_readable(path: str) -> bool:
    """Whether there is such a file, and this user may read it."""
    return pathlib.Path(path).is_file() and os.access(path, os.R_OK)
