# SPDX-License-Identifier: Apache-2.0
"""Why a cycle cannot be done, and how foreign text is shown in a message.

Knows nothing of devices or Placement.
"""

from oslo_config import iniparser

MAX_SHOWN = 300


class AgentError(Exception):
    """The cycle cannot be done: what stands in Placement is left as it is.

    The message names the file or the host, what is wrong and what to do.
    """


class OptionsError(AgentError):
    """The options are wrong, and stay so until somebody corrects them."""


class NoProviderError(AgentError):
    """Placement does not have the compute node's provider, perhaps not yet.

    :ivar missing: what Placement does not have, in words.
    """

    def __init__(
        self, missing: str, advice: str = 'start nova-compute first'
    ) -> None:
        super().__init__(
            f'{missing}: {advice}, or correct [agent] resource_provider'
        )
        self.missing = missing


def plain(text: object, most: int = MAX_SHOWN) -> str:
    """Make text that came from elsewhere fit for one line of a log.

    What is not printable ASCII is escaped as in a Python string, so that no
    device can forge a log line, and what is too long is cut.

    :param text: anything with a str: a path, a message, a name.
    :param most: how many characters of it are kept.
    :returns: printable ASCII on one line, without quotes around it.
    """
    whole = str(text)
    shown = ascii(whole[:most])[1:-1]
    return shown + '...' if len(whole) > most else shown


def of_configuration(error: Exception) -> str:
    """Say what is wrong in a configuration file, without quoting it.

    oslo.config quotes the line that it cannot parse, which may be a secret.

    :param error: what oslo.config raised.
    """
    cause = error.__context__
    if isinstance(cause, iniparser.ParseError):
        file = getattr(error, 'config_file', 'a configuration file')
        return plain(f'{file}, line {cause.lineno}: {cause.msg}')
    return plain(error)


def quoted(text: object, most: int = 80) -> str:
    """Make a value that came from elsewhere fit for one line, in quotes.

    :param text: the value.
    :param most: how many characters of it are kept.
    """
    return f"'{plain(text, most)}'"
