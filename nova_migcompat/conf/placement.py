# SPDX-License-Identifier: Apache-2.0
"""The group [placement] of the agent: ordinary keystoneauth options.

Names and defaults are those of nova.conf's group of the same name, so that its
lines can be copied. The scheduler does not use this: it has nova's own group.
Knows nothing of requests; ``nova_migcompat.placement.load_adapter`` reads it.
"""

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = 'placement'
SERVICE_TYPE = 'placement'

# keystoneauth waits without limit unless told otherwise, and one request that
# never ends would keep the agent from all others.
TIMEOUT = 30.0

# Which versions are needed is for the code to know, not for the operator; but
# keystoneauth reads these names, so they exist and cannot be set.
_VERSION_NAMES = ('version', 'min_version', 'max_version')

# The plugins whose options are shown in the sample file. Any other installed
# one works as well.
_SAMPLE_PLUGINS = ('password', 'v3password', 'v3applicationcredential')


def _session_opts() -> list[cfg.Opt]:
    opts: list[cfg.Opt] = loading.get_session_conf_options()
    cfg.set_defaults(opts, timeout=TIMEOUT)
    return opts


def _adapter_opts() -> list[cfg.Opt]:
    opts: list[cfg.Opt] = [
        opt
        for opt in loading.get_adapter_conf_options(include_deprecated=False)
        if opt.dest not in _VERSION_NAMES
    ]
    cfg.set_defaults(
        opts,
        service_type=SERVICE_TYPE,
        valid_interfaces=['internal', 'public'],
    )
    return opts


def _ignore(_value: object) -> None:
    """Read any value as if it had not been set."""


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register session, adapter and common auth options in [placement].

    The options of the auth plugin itself are registered by keystoneauth when
    it loads the plugin that ``auth_type`` names.

    :param conf: the agent's own configuration, never nova's
    """
    conf.register_group(cfg.OptGroup(GROUP, title='The Placement service'))
    loading.register_auth_conf_options(conf, GROUP)
    conf.register_opts(_session_opts() + _adapter_opts(), group=GROUP)
    conf.register_opts(
        [cfg.Opt(name, type=_ignore) for name in _VERSION_NAMES], group=GROUP
    )


def list_opts() -> list[cfg.Opt]:
    """Return what the sample file shows of [placement].

    :returns: the options, each name once
    """
    opts = [
        *loading.get_auth_common_conf_options(),
        *_session_opts(),
        *_adapter_opts(),
    ]
    for plugin in _SAMPLE_PLUGINS:
        opts += loading.get_auth_plugin_conf_options(plugin)
    return list({opt.dest: opt for opt in opts}.values())
