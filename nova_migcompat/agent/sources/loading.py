# SPDX-License-Identifier: Apache-2.0
"""Loads the sources and asks them, in the order in which they count.

Knows stevedore; must not know any one source.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import stevedore
from oslo_config import cfg
from oslo_log import log as logging

from nova_migcompat.agent import errors, inventory, model
from nova_migcompat.agent.sources import base

LOG = logging.getLogger(__name__)

NAMESPACE = 'nova_migcompat.sources'


def load(conf: cfg.ConfigOpts) -> tuple[tuple[str, base.Source], ...]:
    """Load every source that is installed.

    :param conf: the agent's configuration.
    :returns: names and sources, the one that counts most first.
    :raises errors.AgentError: where one cannot be loaded: what it knows would
        be taken for gone.
    """

    def fail(_manager: Any, entry_point: Any, error: Exception) -> None:
        raise errors.AgentError(
            f'the source {errors.quoted(entry_point.name)} cannot be loaded:'
            f' {errors.plain(error)}; repair or remove its package'
        ) from error

    manager = stevedore.ExtensionManager(
        NAMESPACE,
        invoke_on_load=True,
        invoke_args=(conf,),
        on_load_failure_callback=fail,
    )
    return tuple(
        sorted(
            ((extension.name, extension.obj) for extension in manager),
            key=lambda named: inventory.source_order(named[0]),
        )
    )


def ask(
    sources: Sequence[tuple[str, base.Source]], hardware: model.Hardware
) -> list[inventory.Findings]:
    """Ask each source what it knows.

    :param sources: names and sources.
    :param hardware: the devices of the host.
    :returns: the findings of each, in the same order.
    :raises errors.AgentError: where a source fails instead of answering: what
        it knows would be taken for gone.
    """
    answers = []
    for name, source in sources:
        with _failing(name):
            answers.append(inventory.by_name(source.findings(hardware)))
    return answers


def keep(sources: Sequence[tuple[str, base.Source]]) -> None:
    """Let each source write what the next agent should know.

    One that fails is for the log: no device must suffer from a full disk.

    :param sources: names and sources, which were asked.
    """
    for name, source in sources:
        try:
            source.keep()
        except Exception as e:
            LOG.debug('Traceback of the warning below', exc_info=True)
            LOG.warning(
                'The source %(source)s keeps nothing for the next agent: '
                '%(error)s',
                {
                    'source': errors.quoted(name),
                    'error': errors.plain(f'{type(e).__name__}: {e}'),
                },
            )


@contextlib.contextmanager
def _failing(name: str) -> Iterator[None]:
    """Name the source in what it raises."""
    try:
        yield
    except errors.AgentError:
        raise
    except Exception as e:
        LOG.debug('The source %s failed', errors.quoted(name), exc_info=e)
        raise errors.AgentError(
            f'the source {errors.quoted(name)} failed:'
            f' {errors.plain(repr(e))}; nothing was changed'
        ) from e
