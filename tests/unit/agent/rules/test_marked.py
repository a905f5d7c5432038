# SPDX-License-Identifier: Apache-2.0
"""YAML as rules files have it: text with places, and nothing surprising."""

import pytest

from nova_migcompat.agent.rules import marked

TEXT = """\
# A comment.
rules:
  - name: x
    on: true
    list: [4941, 'true', 0300]
    block: |

      a
       b
"""


def error(text):
    with pytest.raises(marked.MarkedError) as caught:
        marked.load(text)
    place = caught.value.place
    return place.line, place.column, str(caught.value)


def test_every_scalar_is_text_but_true_and_false():
    assert marked.load(TEXT).value == {
        'rules': [
            {
                'name': 'x',
                'on': True,
                'list': ['4941', 'true', '0300'],
                'block': '\na\n b\n',
            }
        ]
    }


@pytest.mark.parametrize(
    'text', ['no', '~', '1e3', '12:34', '2001-01-01', '.inf', '0x10', 'True']
)
def test_what_other_yaml_takes_for_something_else_is_text(text):
    assert marked.load(f'a: {text}').value == {'a': text}


def test_values_and_keys_keep_their_places():
    found = marked.load(TEXT)

    first = ('rules', 0)
    assert found.place((*first, 'name')) == marked.Place(3, 11)
    assert found.keys[(*first, 'name')] == marked.Place(3, 5)
    assert found.place((*first, 'list', 2)) == marked.Place(5, 26)
    assert found.place((*first, 'block')) == marked.Place(6, 12, True)


def test_what_is_not_there_has_the_place_of_what_it_would_be_in():
    found = marked.load(TEXT)

    assert found.place(('rules', 0, 'absent', 'x')) == marked.Place(3, 5)
    assert found.place(('other',)) == found.place(())
    assert marked.load('').place(('a',)) == marked.Place(1, 1)


def test_an_empty_text_is_nothing():
    assert marked.load('# nothing\n').value is None


@pytest.mark.parametrize(
    ('text', 'line', 'column', 'found'),
    [
        ('a: 1\nb:\n  c: 1\n  c: 2\n', 4, 3, 'a second c'),
        ('- &x 1\n', 1, 3, 'an anchor'),
        ('a: 1\nb: *x\n', 2, 4, 'an alias'),
        ('<<: {a: 1}\n<<: {b: 1}\n', 2, 1, 'a second <<'),
        ('a: !!python/object:os.system x', 1, 4, 'the tag'),
        ('a: !x y', 1, 4, 'the tag'),
        ('a: 1\n---\nb: 1\n', 2, 1, 'a second document'),
        ('? [a]\n: b\n', 1, 3, 'as a key'),
        ('a: b\n\tc: d\n', 2, 1, 'no YAML'),
        ('a: [1,\n}\n', 2, 1, 'no YAML'),
        ('a: "x\n', 2, 1, 'no YAML'),
        ('a: x\x00\n', 1, 5, 'U+0000'),
        ('a: 1\nb: x\x1b[m\n', 2, 5, 'U+001B'),
        ('a: 1\nb: x\u2028y\n', 2, 5, 'U+2028'),
        ('a: x\x85\n', 1, 5, 'U+0085'),
        ('a: x\ry\n', 1, 5, 'U+000D'),
        ('a: "\\ud800"\n', 1, 4, 'a surrogate'),
        ('a: 1\nb: "\\U00110000"\n', 2, 1, 'no YAML'),
        ('[' * 17, 1, 17, 'too deep'),
    ],
)
def test_everything_else_is_an_error_with_its_place(text, line, column, found):
    *place, reason = error(text)

    assert place == [line, column]
    assert found in reason


def test_no_depth_of_the_text_is_a_depth_of_ours():
    assert 'too deep' in error('[' * 60000)[2]
    assert 'too deep' in error('{a: ' * 15000)[2]


def test_a_text_that_grows_when_it_is_read_is_refused():
    laughs = 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n'

    assert error(laughs)[:2] == (1, 4)


def test_crlf_ends_a_line():
    found = marked.load('a: 1\r\nb: |\r\n  x\r\n  y\r\n')

    assert found.value == {'a': '1', 'b': 'x\ny\n'}
