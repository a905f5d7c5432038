# SPDX-License-Identifier: Apache-2.0
"""What must hold for any bytes that a compute host may publish.

It knows nothing of where the bytes come from: a fuzzer makes them up, and a
test replays those that were worth keeping.
"""

import contextlib
import time
import zlib

from nova_migcompat import descriptor

#: Between the two documents of a pair.
SEPARATOR = b'\n=====\n'
#: Processor time for one step, ten times what one pair may take.
SECONDS = 0.5
#: With how many others an input's first document is paired.
PARTNERS = 2
#: Characters that a reason may have.
LINE = 3000

#: Other hosts' documents: that of FORMAT.md section 1, and one with a
#: variable of each type and fields of one letter, as fuzzers write them.
OTHERS = tuple(
    map(
        descriptor.parse,
        (
            'SELF:\n\tdevice_type=pci\n\tdevice_id=8086591d\n'
            '\tmdev_type=i915-GVTg_V5_2\n\taggregator=1\n'
            '\tpv_mode="none+ppgtt+context"\n\tinterface_version=3\n'
            'COMPATIBLE:\n\tdevice_type=pci\n\tdevice_id=8086591d\n'
            '\tmdev_type=i915-GVTg_V5_{val1:int:1,2,4,8}\n'
            '\taggregator={val1}/2\n\tinterface_version={val3:int:2,3}\n'
            '\tpv_mode={val2:string:"none+ppgtt","none+ppgtt+context"}\n',
            'SELF:\n\ta=12\n\tb=1.2\n\tc=x+y\n\td=xx\n'
            'COMPATIBLE:\n\ta={i:int:1..}\n\tb={n:version:1.0-}\n'
            '\tc={f:flags:x}\n\td={s:string:x,xx}{t:string:x,""}\n'
            'COMPATIBLE:\n\ta=({i:int:1..40}+{j:int:0..40})/2\n\tb=1.{j}\n'
            '\tc={i}{j}\n\td=x{i}\n',
        ),
    )
)


def bounded(call, *arguments):
    """Call, and hold it to the bound on processor time.

    Asking for that costs more than most calls: so it is done where one took
    as long by the clock, on a second call.
    """
    started = time.perf_counter()
    try:
        return call(*arguments)
    finally:
        if time.perf_counter() - started > SECONDS:
            started = time.process_time()
            with contextlib.suppress(descriptor.DescriptorError):
                call(*arguments)
            taken = time.process_time() - started
            assert taken < SECONDS, f'{taken:.2f} seconds'


def check_some(data):
    """Read any bytes; check all that check() does for each eighth input.

    Which ones is told by the input itself, so that a failure comes again.
    """
    if zlib.crc32(data) % 8 == 0:
        check(data)
        return
    for text in data.split(SEPARATOR, 1):
        try:
            bounded(descriptor.parse, text)
        except descriptor.DescriptorError as e:
            check_error(e, text)


def check(data):
    """Read what may be two documents, and decide every pair there is.

    :param data: any bytes.
    :returns: the documents in it.
    :raises AssertionError: where something does not hold.
    """
    found = [
        document
        for document in map(read, data.split(SEPARATOR, 1))
        if document is not None
    ]
    if found:
        for partner in (*found[1:], *OTHERS)[:PARTNERS]:
            check_pair(found[0], partner)
    for document in found:
        check_reasons(descriptor.match(document, document))
    return found


def read(text):
    """Read one document twice; None where it is none.

    :param text: bytes or str.
    """
    try:
        document = bounded(descriptor.parse, text)
    except descriptor.DescriptorError as e:
        check_error(e, text)
        return None
    canonical = document.canonical
    again = bounded(descriptor.parse, canonical.encode())
    assert again.canonical == canonical
    assert again.digest == document.digest
    assert again.self_object == document.self_object
    assert all(document.self_object.values())
    assert isinstance(document.warnings, tuple)
    return document


def check_error(error, text):
    """Hold the one error to what an operator needs."""
    lines = text.count(b'\n' if isinstance(text, bytes) else '\n') + 1
    assert 1 <= error.line <= lines
    assert 1 <= error.column <= len(text) + 1
    assert error.found
    assert error.expected
    assert str(error).isascii()
    assert len(str(error)) < 500
    assert error.show().count('\n') == 2


def check_pair(source, target):
    """Decide one pair in every direction: the answers must agree."""
    there, back, both, either = (
        bounded(descriptor.match, source, target, direction)
        for direction in descriptor.DIRECTIONS
    )
    assert bool(both) == (bool(there) and bool(back))
    assert bool(either) == (bool(there) or bool(back))
    check_reasons(either)
    ignoring = bounded(descriptor.match, source, target, 'source', 'ignore')
    assert ignoring or not there


def check_reasons(result):
    """Hold the explanation to what a log line may hold."""
    reasons = bounded(getattr, result, 'reasons')
    assert bool(reasons) != bool(result)
    for reason in reasons:
        line = str(reason)
        assert line.isascii()
        assert '\n' not in line
        assert len(line) < LINE
