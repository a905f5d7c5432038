# SPDX-License-Identifier: Apache-2.0
"""The interface of a source of documents, for vendors too.

A source knows what is said about devices and in which file; it must not know
which types Nova uses, which source counts, or anything of Placement.

A vendor ships a source as a class with an entry point in the namespace
``nova_migcompat.sources``::

    [options.entry_points]
    nova_migcompat.sources =
        acme = acme_migration.source:AcmeSource

    class AcmeSource(base.Source):
        def findings(self, hardware):
            for device in hardware.devices:
                if device.driver == 'acme_vfio_pci':
                    yield model.Finding(
                        device.name, '/run/acme/state', document=...
                    )

Where several sources know a device, the first that has anything for it counts,
an error included: files, then sysfs, then rules, then all others by their
names. For an mdev parent that means all of what a source says about the parent
with the type in use: what it says about the mdevs of that type counts before
what it says about the type, and that before what it says about the parent as a
whole.
"""

import abc
import pathlib
from collections.abc import Iterable

from oslo_config import cfg

from nova_migcompat.agent import model, reading


class Source(abc.ABC):
    """One place where documents come from.

    It lives as long as the agent, and may keep what it has learned.

    :ivar conf: the agent's configuration as it is now.
    :param conf: the agent's configuration at the start.
    """

    conf: cfg.ConfigOpts

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.configure(conf)

    def configure(self, conf: cfg.ConfigOpts) -> None:
        """Take over a configuration: at the start, and a new one on SIGHUP.

        A source with options of its own registers a group of its own here.

        :param conf: the agent's configuration, parsed.
        """
        self.conf = conf

    @abc.abstractmethod
    def findings(
        self, hardware: model.Hardware
    ) -> Iterable[model.Finding | model.Problem]:
        """Say everything that this source knows about the host's devices.

        Called once a cycle; writes nothing to disk, see keep(). What is wrong
        with one device is a finding with a problem, never an exception: other
        devices must not suffer from it. What a finding is about is named by
        ``Device.name``, ``Device.name_of_type(type)`` or
        ``Device.name_of_mdev(mdev)``; types that Nova does not use may be
        among them.

        What is wrong beyond single devices, and leaves what is said about
        them as it was, is a problem by itself. Where the source cannot tell
        what is true of its devices it raises AgentError: nothing is changed
        in Placement then, for no device.

        :param hardware: the devices of this host.
        :returns: at most one finding for each name, of several the first
            counts; and problems.
        :raises errors.AgentError: where what this source knows cannot be told
            and must not be taken for gone.
        """

    def keep(self) -> None:  # noqa: B027 most sources have nothing to keep
        """Write to disk what the next agent should know, if anything.

        Called once a cycle behind findings(), but not in a dry run. As no
        device must suffer from a full disk, a failure is for the log.
        """


class OperatorFolder:
    """A folder that an operator may make, and that must not vanish then.

    Nobody can tell one that was removed for good from one that is not there
    for a moment: a mount, or a tool that puts another in its place.
    """

    def __init__(self) -> None:
        self._seen = False

    def names(self, path: pathlib.Path) -> list[str]:
        """List the names in it, sorted bytewise.

        :param path: where it is now.
        :returns: the names; none where there never was a folder.
        :raises reading.UnreadableError: where it cannot be listed, others may
            write it, or it has vanished since the first call.
        """
        try:
            names = reading.list_trusted(path)
        except reading.MissingError as e:
            if self._seen:
                raise reading.UnreadableError(
                    path,
                    'is not there any more; leave an empty folder where that'
                    ' is meant',
                ) from e
            return []
        except reading.UnreadableError:
            self._seen = True
            raise
        self._seen = True
        return names
