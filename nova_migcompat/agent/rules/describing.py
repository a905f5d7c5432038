# SPDX-License-Identifier: Apache-2.0
"""Applies rules to devices: which one counts, and the document that it makes.

Must not know where rules come from.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence

from nova_migcompat import descriptor
from nova_migcompat.agent import errors, model
from nova_migcompat.agent.rules import facts, looking
from nova_migcompat.agent.rules.rule import Condition, Rule
from nova_migcompat.descriptor import templates


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules make of a device or an mdev type.

    :param subject: what it is about.
    :param rule: the rule that counts; None where none applies.
    :param facts: the facts of the document, as far as they could be told.
    :param document: the document.
    :param problem: why there is none although a rule applies.
    """

    subject: facts.Subject
    rule: Rule | None = None
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    document: descriptor.Document | None = None
    problem: model.Problem | None = None


class _FailedError(Exception):
    """A rule applies and cannot make a document."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


def describe(
    hardware: model.Hardware,
    rules: Sequence[Rule],
    look: looking.Look,
) -> list[Outcome]:
    """Apply rules to the devices of a host.

    :param hardware: the devices.
    :param rules: the rules that count, in their order.
    :param look: where facts come from.
    :returns: an outcome for each device and each mdev type.
    """
    of_devices: dict[str, facts.Facts] = {}
    subjects = [
        facts.Facts(look, subject, of_devices)
        for subject in subjects_of(hardware)
    ]
    for subject in subjects:
        if not subject.subject.is_type:
            of_devices[subject.subject.device.location] = subject
    # A host may have hundreds of types: rules for devices are not tried there.
    rules_of = {
        of_types: [one for one in rules if one.about_types == of_types]
        for of_types in (False, True)
    }
    # A table that one VF shows may be what another one's name is looked up in.
    for one in rules:
        if any(fact.lookup for fact in one.facts.values()):
            for subject in subjects:
                if subject.subject.is_type == one.about_types:
                    _learn(one, subject)
    return [_outcome(s, rules_of[s.subject.is_type]) for s in subjects]


def subjects_of(hardware: model.Hardware) -> Iterator[facts.Subject]:
    """Return what the rules can be about: devices, and their mdev types."""
    by_location = {device.location: device for device in hardware.devices}
    for device in hardware.devices:
        pf = by_location.get(device.physfn or '')
        yield facts.Subject(device.name, device, pf)
        types = {*(device.mdev_types or ())}
        types |= {mdev.mdev_type for mdev in device.mdevs}
        for mdev_type in sorted(types):
            name = device.name_of_type(mdev_type)
            yield facts.Subject(name, device, pf, mdev_type)


def _learn(one: Rule, subject: facts.Facts) -> None:
    try:
        if _matches(one, one.built_in, subject):
            subject.learn(one.facts)
    except _FailedError:
        return  # told when the rule is tried


def _outcome(subject: facts.Facts, rules: Sequence[Rule]) -> Outcome:
    for one in rules:
        told: dict[str, str] = {}
        try:
            if not _matches(one, (*one.built_in, *one.own), subject):
                continue
            document = _document(one, subject, told)
        except _FailedError as e:
            problem = model.Problem(
                subject.subject.name,
                one.path,
                f'rule {errors.quoted(one.name)}: {e}',
                e.line,
                e.column,
            )
            return Outcome(subject.subject, one, told, problem=problem)
        return Outcome(subject.subject, one, told, document)
    return Outcome(subject.subject)


def _matches(
    one: Rule,
    conditions: Sequence[Condition],
    subject: facts.Facts,
) -> bool:
    """Whether a rule applies, as far as these conditions say."""
    for condition in conditions:
        try:
            value = subject.value(condition.fact, one.facts)
        except looking.MissingFactError:
            return False
        except looking.FactError as e:
            raise _failed(one, condition.fact, e) from e
        if not condition.pattern.fullmatch(value):
            return False
    return True


def _document(
    one: Rule, subject: facts.Facts, told: dict[str, str]
) -> descriptor.Document:
    """Make the document of a rule; the facts are added to told."""
    for name in one.template.facts:
        try:
            told[name] = subject.value(name, one.facts)
        except looking.FactError as e:
            raise _failed(one, name, e) from e
    try:
        return _fill(one.template, tuple(told.items()))
    except descriptor.DescriptorError as e:
        raise _FailedError(
            e.message,
            one.template_line + e.line,
            one.template_indent + e.column,
        ) from e


@functools.lru_cache(maxsize=1024)
def _fill(
    template: templates.DocumentTemplate, told: tuple[tuple[str, str], ...]
) -> descriptor.Document:
    """Fill a template; most devices of a host have the same facts."""
    return template.fill(dict(told))


def _failed(one: Rule, name: str, error: looking.FactError) -> _FailedError:
    """Say which fact cannot be told, where it is declared or used."""
    if name in one.facts:
        line, column = one.facts[name].line, one.facts[name].column
    elif name in one.template.facts:
        line, column = one.template.facts[name]
        line += one.template_line
        column += one.template_indent
    else:
        line, column = one.line, 1
    return _FailedError(f'fact {errors.quoted(name)}: {error}', line, column)
