# SPDX-License-Identifier: Apache-2.0
"""Names in Placement, both ways (DESIGN.md "What stands in Placement")."""

import base64
import hashlib
import itertools
import random
import re
import string
import time
import zlib

import pytest

from nova_migcompat import descriptor, traits

LEGAL = re.compile('CUSTOM_[A-Z0-9_]+')
RANDOM = random.Random(20200729)


def document(fields=20, seed=1, width=60):
    """Make a document whose text fills several names."""
    numbers = random.Random(seed)
    letters = string.ascii_letters
    return descriptor.parse(
        'SELF:\n'
        + ''.join(
            f'field{i}={"".join(numbers.choices(letters, k=width))}\n'
            for i in range(fields)
        )
    )


def names_of(stream, digest, check=None):
    """Spell any stream in T names, by DESIGN.md and not by the code."""
    if check is None:
        check = base64.b32encode(hashlib.sha256(stream).digest())[:8].decode()
    parts = [stream[i : i + 100] for i in range(0, len(stream), 100)]
    return [
        f'CUSTOM_MIGCOMPAT_T_{digest}_{check}_{i}_{len(parts)}_'
        + base64.b32encode(part).decode().rstrip('=')
        for i, part in enumerate(parts, 1)
    ]


def read(names, digest):
    """Return the document or None, and the problem or None."""
    texts = traits.read_texts(names, [digest])
    assert texts.documents.keys() | texts.problems.keys() == {digest}
    return texts.documents.get(digest), texts.problems.get(digest)


def assert_problem(names, digest, words):
    found, problem = read(names, digest)
    assert found is None
    assert words in problem


LARGE = document()
SMALL = descriptor.parse('SELF:\na=1\n')


def digest_of(text):
    return base64.b32encode(hashlib.sha256(text).digest()[:20]).decode()


def test_a_d_name_gives_its_digest_back():
    name = traits.document_trait(LARGE.digest)
    assert name == f'CUSTOM_MIGCOMPAT_D_{LARGE.digest}'
    assert LEGAL.fullmatch(name)
    assert traits.digests([name, 'HW_CPU_X86_AVX']) == {LARGE.digest}


@pytest.mark.parametrize(
    'name',
    [
        'CUSTOM_MIGCOMPAT_D_',
        'CUSTOM_MIGCOMPAT_D_' + 'A' * 31,
        'CUSTOM_MIGCOMPAT_D_' + 'A' * 33,
        'CUSTOM_MIGCOMPAT_D_' + 'A' * 31 + '1',
        'CUSTOM_MIGCOMPAT_D_' + 'A' * 32 + '\n',
        'XCUSTOM_MIGCOMPAT_D_' + 'A' * 32,
        'CUSTOM_MIGCOMPAT_DD_' + 'A' * 32,
    ],
)
def test_any_other_name_is_no_d_name(name):
    assert traits.digests([name]) == frozenset()


def test_an_l_name_gives_location_and_digest_back():
    one = traits.location_trait('pci_0000_84_00_0', LARGE.digest)
    two = traits.location_trait('PCI_0000_84_00_0', SMALL.digest)
    other = traits.location_trait('css_0_0_0003', SMALL.digest)
    assert one == f'CUSTOM_MIGCOMPAT_L_PCI_0000_84_00_0_{LARGE.digest}'
    assert all(LEGAL.fullmatch(name) for name in (one, two, other))
    names = [one, two, other, one, traits.document_trait(SMALL.digest)]
    assert traits.locations(names) == {
        'PCI_0000_84_00_0': {LARGE.digest, SMALL.digest},
        'CSS_0_0_0003': {SMALL.digest},
    }


@pytest.mark.parametrize(
    'name',
    [
        f'CUSTOM_MIGCOMPAT_L_{"A" * 32}',
        f'CUSTOM_MIGCOMPAT_L__{"A" * 32}',
        f'CUSTOM_MIGCOMPAT_L_pci_{"A" * 32}',
        f'CUSTOM_MIGCOMPAT_L_PCI_{"A" * 31}0',
    ],
)
def test_any_other_name_is_no_l_name(name):
    assert traits.locations([name]) == {}


def test_d_l_and_t_names_tell_which_document_they_are_about():
    one = traits.document_trait(LARGE.digest)
    place = traits.location_trait('pci_0000_84_00_0', LARGE.digest)
    names = [one, place, *traits.text_traits(LARGE)]
    assert {traits.digest_in(name) for name in names} == {LARGE.digest}


@pytest.mark.parametrize(
    'name',
    [
        'CUSTOM_MIGCOMPAT_T_JUNK',
        f'CUSTOM_MIGCOMPAT_T_{"A" * 32}_IN_ANOTHER_FORM',
        f'CUSTOM_MIGCOMPAT_T_{"A" * 32}_{"B" * 8}_1_1',
        f'CUSTOM_MIGCOMPAT_T_{"A" * 52}_{"B" * 8}_1_1_C',
        f'CUSTOM_MIGCOMPAT_D_{"A" * 52}',
        f'CUSTOM_MIGCOMPAT_D_{"A" * 32}_2',
        f'CUSTOM_MIGCOMPAT_L_PCI_{"A" * 31}',
        f'CUSTOM_MIGCOMPAT_F_NAME_{"A" * 32}',
        f'CUSTOM_D_{"A" * 32}',
    ],
)
def test_any_other_name_is_about_no_document(name):
    assert traits.digest_in(name) is None


def test_aggregates_are_uuids_of_the_digests_of_d_names():
    name = traits.document_trait('A' * 32)
    place = traits.location_trait('pci_0000_84_00_0', 'B' * 32)
    assert traits.aggregates([name, place, 'COMPUTE_NODE']) == {
        traits.aggregate('A' * 32)
    }
    # By DESIGN.md; computed with another implementation of RFC 9562.
    assert traits.aggregate('A' * 32) == 'e6430b7f-6abf-5235-849d-ad352246f9ca'


def test_f_names_are_field_and_value_as_os_traits_spells_them():
    found = descriptor.parse('SELF:\nmdev_type=i915-GVTg_V5_4\nb=\nc=ä/x\n')
    assert traits.field_traits(found) == {
        'CUSTOM_MIGCOMPAT_F_MDEV_TYPE_I915_GVTG_V5_4',
        'CUSTOM_MIGCOMPAT_F_C_X',
    }
    assert traits.field_traits(found, ['mdev_type']) == {
        'CUSTOM_MIGCOMPAT_F_MDEV_TYPE_I915_GVTG_V5_4'
    }
    assert traits.field_traits(found, []) == frozenset()


@pytest.mark.parametrize('length', [1, 233, 234, 235, 300, 1022])
def test_f_names_are_legal_and_at_most_255_long(length):
    for character in 'xß_ -"\\':
        found = descriptor.parse(
            f'SELF:\na="1"\n{"f" * 60}="'
            + (('\\' + character) * min(length, 500) + '"\n')
        )
        for name in traits.field_traits(found):
            assert LEGAL.fullmatch(name)
            assert len(name) <= 255


def test_an_f_name_of_255_is_not_cut():
    room = 255 - len('CUSTOM_MIGCOMPAT_F_A_')
    (whole,) = traits.field_traits(descriptor.parse(f'SELF:\na={"x" * room}'))
    assert whole == 'CUSTOM_MIGCOMPAT_F_A_' + 'X' * room
    (cut,) = traits.field_traits(
        descriptor.parse(f'SELF:\na={"x" * (room + 1)}')
    )
    assert len(cut) == 255
    assert cut != whole


def test_different_values_stay_different_when_cut():
    values = [
        'x' * 300,
        'x' * 301,
        'X' * 300,
        'x' * 300 + '-',
        'x' * 299 + 'y',
    ]
    names = [
        traits.field_traits(descriptor.parse(f'SELF:\na={value}'))
        for value in values
    ]
    assert len(frozenset().union(*names)) == len(values)


@pytest.mark.parametrize('found', [SMALL, LARGE, document(60, width=240)])
def test_t_names_give_the_document_back_in_any_order(found):
    names = list(traits.text_traits(found))
    assert all(LEGAL.fullmatch(name) for name in names)
    assert all(len(name) <= 255 for name in names)
    assert all(traits.is_ours(name) for name in names)
    prefix = traits.text_prefix(found.digest)
    assert all(name.startswith(prefix) for name in names)
    RANDOM.shuffle(names)
    again, problem = read([*names, *names, 'HW_NUMA_ROOT'], found.digest)
    assert again == found
    assert problem is None


def test_a_document_of_16_kib_can_be_spelled_and_no_larger_one():
    empty = len('SELF:\n') + 17 * len('\tf00=""\n')
    room = 16384 - empty
    values = [room // 17] * 16 + [room - 16 * (room // 17)]
    numbers = random.Random(3)
    letters = string.ascii_letters
    for extra in (0, 1):
        text = 'SELF:\n' + ''.join(
            f'f{i:02}={"".join(numbers.choices(letters, k=k))}\n'
            for i, k in enumerate([*values[:-1], values[-1] + extra])
        )
        found = descriptor.parse(text)
        assert len(found.canonical) == 16384 + extra
        if extra:
            with pytest.raises(traits.TextError, match='16,385 bytes'):
                traits.text_traits(found)
        else:
            names = traits.text_traits(found)
            assert read(names, found.digest) == (found, None)


def test_only_the_digests_asked_for_are_read():
    names = traits.text_traits(LARGE) + traits.text_traits(SMALL)
    texts = traits.read_texts(names, [SMALL.digest])
    assert dict(texts.documents) == {SMALL.digest: SMALL}
    assert dict(texts.problems) == {}


def test_several_documents_are_read_at_once():
    names = traits.text_traits(LARGE) + traits.text_traits(SMALL)[1:]
    texts = traits.read_texts(names, [SMALL.digest, LARGE.digest])
    assert dict(texts.documents) == {LARGE.digest: LARGE}
    assert texts.problems == {SMALL.digest: 'no text is published'}


def test_without_any_name_no_text_is_published():
    assert_problem([], LARGE.digest, 'no text is published')


def test_each_part_that_is_missing_is_missed():
    names = traits.text_traits(LARGE)
    for index in range(len(names)):
        rest = names[:index] + names[index + 1 :]
        assert_problem(rest, LARGE.digest, 'parts of its text are missing')


def test_two_streams_of_two_zlib_builds_are_kept_apart():
    text = LARGE.canonical.encode()
    one = names_of(zlib.compress(text, 1), LARGE.digest)
    two = names_of(zlib.compress(text, 0), LARGE.digest)
    assert read(one + two, LARGE.digest) == (LARGE, None)
    assert read(one[1:] + two, LARGE.digest) == (LARGE, None)
    assert read(one + two[:-1], LARGE.digest) == (LARGE, None)
    assert_problem(one[1:] + two[:-1], LARGE.digest, 'missing')


def test_streams_of_different_counts_within_one_check_are_kept_apart():
    names = traits.text_traits(LARGE)
    forged = [
        f'{traits.text_prefix(LARGE.digest)}{names[0].split("_")[4]}_1_1_AA',
        f'{traits.text_prefix(LARGE.digest)}{names[0].split("_")[4]}_1_99_AA',
    ]
    assert read([*forged, *names], LARGE.digest) == (LARGE, None)


@pytest.mark.parametrize('payload', ['AA', 'A', '7' * 184, '77777777'])
def test_a_forged_part_with_the_same_check_does_no_harm(payload):
    names = traits.text_traits(LARGE)
    for index in range(len(names)):
        forged = names[index].rpartition('_')[0] + '_' + payload
        assert read([forged, *names], LARGE.digest) == (LARGE, None)
        rest = [forged, *names[:index], *names[index + 1 :]]
        assert read(rest, LARGE.digest)[0] is None


def test_several_forged_parts_with_the_same_check_do_no_harm():
    names = traits.text_traits(LARGE)
    forged = [name.rpartition('_')[0] + '_AA' for name in names[:5]]
    assert read([*forged, *names], LARGE.digest) == (LARGE, None)


def test_forged_whole_streams_do_no_harm():
    text = LARGE.canonical.encode()
    forged = [
        name
        for i in range(50)
        for name in names_of(zlib.compress(b'%d' % i + text), LARGE.digest)
    ]
    names = list(traits.text_traits(LARGE))
    assert read(forged + names, LARGE.digest) == (LARGE, None)


def test_more_streams_than_are_tried_is_a_problem_of_its_own():
    forged = [
        name
        for i in range(traits.MAX_STREAMS + 1)
        for name in names_of(zlib.compress(b'%d' % i), LARGE.digest)
    ]
    assert_problem(forged, LARGE.digest, 'more streams are published')


def test_a_part_in_place_of_another_document_s_part_does_not_belong():
    other = traits.text_traits(document(seed=2))
    names = traits.text_traits(LARGE)
    payload = other[1].rpartition('_')[2]
    forged = names[1].rpartition('_')[0] + '_' + payload
    assert_problem(
        [names[0], forged, *names[2:]], LARGE.digest, 'do not belong together'
    )


def test_parts_that_change_places_do_not_belong():
    names = list(traits.text_traits(LARGE))
    one, two = (name.rpartition('_') for name in names[:2])
    names[:2] = [one[0] + '_' + two[2], two[0] + '_' + one[2]]
    assert_problem(names, LARGE.digest, 'do not belong together')


def test_a_decompression_bomb_is_stopped_at_16_kib():
    bomb = names_of(zlib.compress(b'\0' * 50_000_000, 9)[:90_000], 'A' * 32)
    started = time.process_time()
    assert_problem(bomb, 'A' * 32, 'more than 16,384 bytes')
    assert time.process_time() - started < 0.5
    good = traits.text_traits(LARGE)
    bomb = names_of(zlib.compress(b'\0' * 5_000_000, 9), LARGE.digest)
    assert read([*bomb, *good], LARGE.digest) == (LARGE, None)


def test_the_text_of_another_document_is_none():
    stream = zlib.compress(SMALL.canonical.encode())
    assert_problem(
        names_of(stream, LARGE.digest), LARGE.digest, 'of another document'
    )


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (b'SELF:\na=1\n', 'not in canonical form'),
        (b'\xef\xbb\xbfSELF:\n\ta="1"\n', 'not in canonical form'),
        (b'SELF:\r\n\ta="1"\r\n', 'not in canonical form'),
        (b'', 'is no document: line 1, column 1'),
        (b'SELF:\n\ta="\xff"\n', 'is no document: line 2, column 5'),
        (b'SELF:\n\ta="1"\nCOMPATIBLE:\n\tb={', 'line 4, column 5'),
    ],
)
def test_a_text_must_be_a_document_in_canonical_form(text, words):
    digest = digest_of(text)
    assert_problem(names_of(zlib.compress(text), digest), digest, words)


@pytest.mark.parametrize(
    ('stream', 'words'),
    [
        (b'garbage', 'no zlib stream'),
        (b'x', 'not just one whole zlib stream'),
        (zlib.compress(b'SELF:')[:-1], 'not just one whole zlib stream'),
        (zlib.compress(b'SELF:') + b'x', 'not just one whole zlib stream'),
        (zlib.compress(b'SELF:')[:-1] + b'\0', 'no zlib stream'),
        (bytes(range(256)) * 4, 'no zlib stream'),
    ],
)
def test_a_stream_must_be_one_whole_zlib_stream(stream, words):
    assert_problem(names_of(stream, LARGE.digest), LARGE.digest, words)


@pytest.mark.parametrize('payload', ['A', 'ABC', 'ABCDEF'])
def test_truncated_base32_is_a_problem(payload):
    name = f'CUSTOM_MIGCOMPAT_T_{LARGE.digest}_{"A" * 8}_1_1_{payload}'
    assert_problem([name], LARGE.digest, 'a part is no base32')


@pytest.mark.parametrize(
    'rest',
    [
        '',
        'AAAAAAAA_1_1_',
        'AAAAAAA_1_1_AA',
        'AAAAAAAA_0_1_AA',
        'AAAAAAAA_01_1_AA',
        'AAAAAAAA_1_1_01',
        'AAAAAAAA_1_1000_AA',
        'AAAAAAAA_1_AA',
        'AAAAAAAA_1_1_AA_AA',
        'AAAAAAAA_1_1_AA\n',
        'AAAAAAAA_1_1_aa',
        'AAAAAAAA_²_1_AA',
    ],
)
def test_names_that_are_not_of_the_form_count_for_nothing(rest):
    name = f'CUSTOM_MIGCOMPAT_T_{LARGE.digest}_{rest}'
    assert_problem([name], LARGE.digest, 'no text is published')
    names = traits.text_traits(LARGE)
    assert read([name, *names], LARGE.digest) == (LARGE, None)


def test_a_part_beyond_the_count_is_no_part():
    prefix = f'CUSTOM_MIGCOMPAT_T_{LARGE.digest}_AAAAAAAA'
    for names in (
        [f'{prefix}_2_1_AA'],
        [f'{prefix}_{i}_2_AA' for i in (1, 3)],
    ):
        assert_problem(names, LARGE.digest, 'missing')


def forged_parts():
    prefix = f'CUSTOM_MIGCOMPAT_T_{LARGE.digest}'
    text = LARGE.canonical.encode()
    alphabet = string.ascii_uppercase + '234567'
    words = [''.join(w) for w in itertools.product(alphabet, repeat=3)]
    check = traits.text_traits(LARGE)[0].split('_')[4]
    count = len(traits.text_traits(LARGE))
    return {
        'checks': [f'{prefix}_{w:A>8}_1_1_AA' for w in words[:20000]],
        'counts': [
            f'{prefix}_{check}_{i}_{n}_AA'
            for n in range(1, 1000)
            for i in range(1, min(n, 20) + 1)
        ],
        'payloads': [
            f'{prefix}_{check}_{1 + i % count}_{count}_{w}AA'
            for i, w in enumerate(words[:20000])
        ],
        'streams': [
            name
            for i in range(2000)
            for name in names_of(zlib.compress(b'%d' % i + text), LARGE.digest)
        ],
        'large streams': [
            name
            for i in range(64)
            for name in names_of(
                zlib.compress(b'%d' % i + RANDOM.randbytes(16000)),
                LARGE.digest,
            )
        ],
        'documents': [
            name
            for i in range(64)
            for name in names_of(
                zlib.compress(
                    document(60, seed=i, width=240).canonical.encode()
                ),
                LARGE.digest,
            )
        ],
        'other digests': [
            f'CUSTOM_MIGCOMPAT_T_{w:A>32}_AAAAAAAA_1_1_AA' for w in words
        ],
    }


@pytest.mark.parametrize(('kind', 'forged'), forged_parts().items())
def test_thousands_of_forged_names_take_bounded_time(kind, forged):
    names = [*forged, *traits.text_traits(LARGE)]
    started = time.process_time()
    found, problem = read(names, LARGE.digest)
    assert time.process_time() - started < 1
    assert found in (LARGE, None)
    assert (found is None) == bool(problem)
    assert found == LARGE or kind != 'other digests'
    assert len(problem or '') < 1000


def test_random_names_raise_nothing():
    pieces = ['CUSTOM_MIGCOMPAT_', 'T_', 'D_', 'L_', LARGE.digest, '_', '1']
    pieces += ['A' * 8, '999', '7', '\n', 'ä', '\ud800', '']
    names = [
        ''.join(RANDOM.choices(pieces, k=RANDOM.randrange(12)))
        for _ in range(5000)
    ]
    assert read(names, LARGE.digest)[0] is None
    assert isinstance(traits.digests(names), frozenset)
    assert isinstance(traits.locations(names), dict)
    assert not any(traits.is_ours(n) for n in ('', 'CUSTOM_MIG', 'HW_X'))


def test_of_a_flood_of_parts_no_more_are_looked_at(monkeypatch):
    found = document()
    names = traits.text_traits(found)
    assert len(names) > 3
    assert traits.read_texts(names, [found.digest]).documents
    monkeypatch.setattr(traits, 'MAX_PARTS', len(names) - 1)
    problems = traits.read_texts(names, [found.digest]).problems
    assert problems == {found.digest: 'parts of its text are missing'}


def test_what_is_late_is_neither_read_nor_a_problem():
    one, two = document(seed=1), document(seed=2)
    names = [*traits.text_traits(one), *traits.text_traits(two)]
    found = traits.read_texts(
        names, [one.digest, two.digest], lambda d: d == one.digest
    )
    assert found.documents.keys() == {two.digest}
    assert not found.problems


def test_an_address_is_named_as_libvirt_names_its_node_device():
    assert traits.pci_location('0000:84:1f.7') == 'PCI_0000_84_1F_7'
