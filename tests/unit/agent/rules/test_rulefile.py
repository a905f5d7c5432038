# SPDX-License-Identifier: Apache-2.0
"""What a rules file may hold, and what is said of everything else."""

import json
import pathlib
import textwrap

import pytest

from nova_migcompat.agent.rules import rule, rulefile

ROOT = pathlib.Path(rulefile.__file__).parent
DOCUMENTATION = pathlib.Path(__file__).parents[4] / 'doc/source/rules.rst'

DOCUMENT = """
    document: |
      SELF:
        v=${vendor}
"""
MINIMAL = f"""\
rules:
  - name: x
    applies_to:
      vendor: 15b3{DOCUMENT}"""


def read(text):
    return rulefile.read('50-x.yaml', textwrap.dedent(text).encode())


def problems(text):
    with pytest.raises(rulefile.RulesError) as caught:
        read(text)
    return [(p.line, p.column, p.reason) for p in caught.value.problems]


def only(text):
    (problem,) = problems(text)
    return problem


def with_facts(*lines, applies_to='vendor: 15b3', fact='vendor'):
    """Write a file with one rule and facts of its own."""
    facts = ''.join(f'      {line}\n' for line in lines)
    return (
        f'rules:\n  - name: x\n    applies_to:\n      {applies_to}\n'
        f'    facts:\n{facts}'
        f'    document: |\n      SELF:\n        v=${{{fact}}}\n'
    )


def test_the_smallest_rule():
    (found,) = read(MINIMAL)

    assert (found.name, found.path, found.line) == ('x', '50-x.yaml', 2)
    assert found.enabled
    assert not found.about_types
    assert [c.fact for c in found.built_in] == ['vendor']
    assert found.facts == {}
    document = found.template.fill({'vendor': '15b3'})
    assert document.self_object == {'v': '15b3'}


def test_a_rule_can_be_switched_off():
    (found,) = read(MINIMAL.replace('name: x', 'name: x\n    enabled: false'))

    assert not found.enabled


def test_a_rule_that_is_switched_off_is_checked_nevertheless():
    text = MINIMAL.replace('name: x', 'name: x\n    enabled: false')

    assert only(text.replace('${vendor}', '${vender}'))[:2] == (8, 11)


def test_rules_keep_their_order():
    other = MINIMAL.removeprefix('rules:\n').replace('name: x', 'name: y')

    assert [one.name for one in read(MINIMAL + other)] == ['x', 'y']


def test_a_file_may_have_no_rule():
    assert read('rules: []') == ()


@pytest.mark.parametrize(
    ('name', 'patterns', 'matches', 'others'),
    [
        ('vendor', '15B3', ['15b3', '15B3'], ['15b30', '115b3']),
        ('device', '[1003, 4941]', ['1003', '4941'], ['1004']),
        ('class', '02*', ['020000', '028000'], ['030000', '002000']),
        ('revision', '?1', ['01', 'A1'], ['11x', '10']),
        ('device', "'[!a]*'", ['b000'], ['a000', 'A000']),
        ('driver', 'mlx5_*', ['mlx5_vfio_pci'], ['MLX5_x', 'vfio_mlx5_']),
        ('mdev_type_name', 'NVIDIA A40-2Q', ['NVIDIA A40-2Q'], ['nvidia']),
    ],
)
def test_a_pattern_matches_the_whole_of_a_fact(
    name, patterns, matches, others
):
    (found,) = read(MINIMAL.replace('vendor: 15b3', f'{name}: {patterns}'))

    (condition,) = found.built_in
    assert all(map(condition.pattern.fullmatch, matches))
    assert not any(map(condition.pattern.fullmatch, others))


def test_conditions_that_cost_nothing_come_first():
    text = with_facts(
        'own:',
        '  path: a/b',
        applies_to='own: 1\n      class: 020000\n      driver: y\n'
        '      bus: x',
    )

    (found,) = read(text)

    assert [c.fact for c in found.built_in] == ['bus', 'driver', 'class']
    assert [c.fact for c in found.own] == ['own']


def test_a_rule_with_an_mdev_type_is_about_types():
    assert read(MINIMAL.replace('vendor: 15b3', 'mdev_type: x'))[0].about_types


def test_a_fact_of_its_own():
    text = with_facts(
        'set_of:',
        '  from: pf',
        '  path: qat/cfg_services',
        "  set: ';'",
        'name_of:',
        '  path: vf${vf_number}/*/types',
        '  lookup: set_of',
        'part_of: {from: module/acme, path: version, regex: "^(.*)-"}',
        fact='name_of',
    )

    (found,) = read(text)

    first, second, third = found.facts.values()
    assert (first.name, first.line, first.column) == ('set_of', 6, 7)
    assert (first.begins_in, first.separator) == ('pf', ';')
    assert (second.begins_in, second.lookup) == ('device', 'set_of')
    assert second.path == 'vf${vf_number}/*/types'
    assert third.begins_in == 'module/acme'
    assert third.regex.search('a\n1-2')[1] == '1'


@pytest.mark.parametrize(
    ('text', 'line', 'column', 'reason'),
    [
        ('', 1, 1, 'found nothing, expected the one key rules'),
        ('[]', 1, 1, 'found an empty list, expected the one key rules'),
        ('x: 1', 1, 1, "the key 'x', expected one of: rules"),
        ('{}', 1, 1, 'found no rules'),
        ('rules: 1', 1, 8, "found '1', expected a list of rules"),
        ('rules:\n- x', 2, 3, "found 'x', expected a rule"),
        ('rules:\n- name: x\n  document: x', 2, 3, 'found no applies_to'),
        ('rules:\n- name: x\n  name: x', 3, 3, 'a second name'),
        ('rules: [\xff]', 1, 1, 'found the byte 0xff, expected UTF-8 text'),
    ],
)
def test_a_file_that_is_none(text, line, column, reason):
    data = text.encode('latin-1')

    with pytest.raises(rulefile.RulesError) as caught:
        rulefile.read('50-x.yaml', data)

    found = [
        problem
        for problem in caught.value.problems
        if reason in problem.reason
    ]
    assert [(p.line, p.column) for p in found] == [(line, column)]


@pytest.mark.parametrize(
    ('before', 'after', 'line', 'column', 'reason'),
    [
        ('name: x', 'name: ""', 2, 11, 'a name of 1 to 80'),
        ('name: x', 'name: x\n    enabled: yes', 3, 14, 'true or false'),
        ('name: x', 'name: x\n    vendor: 1', 3, 5, "the key 'vendor'"),
        ('vendor: 15b3', 'vendor: 0x15b3', 4, 15, 'without 0x'),
        ('vendor: 15b3', 'vendor: 5b3', 4, 15, '4 hexadecimal digits'),
        ('vendor: 15b3', 'vendor: [15b3, 5]', 4, 22, '4 hexadecimal'),
        ('vendor: 15b3', 'vendor: []', 4, 15, 'found an empty list'),
        ('vendor: 15b3', 'class: 0200', 4, 14, '6 hexadecimal digits'),
        ('vendor: 15b3', 'pf_revision: 1', 4, 20, '2 hexadecimal digits'),
        ('vendor: 15b3', 'driver: true', 4, 15, 'found true, expected a p'),
        ('vendor: 15b3', 'driver: ""', 4, 15, "found '', expected a pattern"),
        ('vendor: 15b3', 'vender: 15b3', 4, 7, "found 'vender', expected"),
        ('\n      vendor: 15b3', ' {}', 3, 17, 'found an empty mapping'),
        ('${vendor}', '${x}', 7, 11, "found 'x', expected a built-in"),
        ('${vendor}', '$x', 7, 11, '$$ for a dollar'),
        ('${vendor}', '${mdev_type}', 7, 11, 'expected it in a rule that'),
        ('SELF:', 'COMPATIBLE:', 6, 7, 'found no SELF object'),
        ('v=$', 'v $', 7, 11, 'expected = after the name'),
        ('document: |', 'document: >', 5, 15, 'a literal block'),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    before, after, line, column, reason
):
    found = only(MINIMAL.replace(before, after))

    assert found[:2] == (line, column)
    assert reason in found[2]


@pytest.mark.parametrize('header', ['|-', '|+', '|2', '| # c'])
def test_an_error_in_the_document_has_the_line_of_the_file(header):
    text = MINIMAL.replace('document: |', f'document: {header}\n')

    found = problems(text.replace('v=$', ' # x\n         v="x')[:-1])

    assert [found[0][:2]] == [(9, 12)]


@pytest.mark.parametrize(
    ('lines', 'line', 'column', 'reason'),
    [
        (['vendor: {path: a}'], 6, 7, 'which is a built-in fact'),
        (['A: {path: a}'], 6, 7, "found 'A', expected a name"),
        (['a: {path: /etc/x}'], 6, 17, 'a relative path'),
        (['a: {path: a/../x}'], 6, 17, 'a relative path'),
        (['a: {path: ..}'], 6, 17, 'a relative path'),
        (['a: {path: ./x}'], 6, 17, 'a relative path'),
        (['a: {path: a//x}'], 6, 17, 'a relative path'),
        (['a: {path: a/}'], 6, 17, 'a relative path'),
        (["a: {path: '**/x'}"], 6, 17, 'a relative path'),
        (['a: {path: "a\\0"}'], 6, 17, 'a relative path'),
        (['a: {}'], 6, 10, 'found no path'),
        (['a: {path: a, from: vf}'], 6, 26, 'module/<name>'),
        (['a: {path: a, from: module/../x}'], 6, 26, 'module/<name>'),
        (
            ['a: {path: a, from: mdev_type}'],
            6,
            26,
            'found mdev_type,',
        ),
        (['a: {path: a, set: ""}'], 6, 25, 'the text between'),
        (['a: {path: a, regex: x}'], 6, 27, 'it has 0 groups'),
        (['a: {path: a, regex: (x)(y)}'], 6, 27, 'it has 2 groups'),
        (["a: {path: a, regex: '(x+)+'}"], 6, 27, 'it repeats a group'),
        (["a: {path: a, regex: '(x'}"], 6, 27, 'one group: missing )'),
        (['a: {path: a, lookup: b}'], 6, 28, "found 'b', expected a built"),
        (['a: {path: a, lookup: a}'], 6, 28, "found 'a', expected a built"),
        (['a: {path: a, set: x, lookup: b}'], 6, 28, 'expected one of them'),
        (["a: {path: '${b}'}"], 6, 17, "found 'b', expected a built-in"),
        (['b: {path: a}', "a: {path: '${b}'}"], 7, 17, "found 'b'"),
        (["a: {path: 'x/${Driver}'}"], 6, 17, "found '${Driver}', expected"),
        (["a: {path: 'x/${driver'}"], 6, 17, "found '${driver', expected"),
        (["a: {path: '$driver'}"], 6, 17, '$$ for a dollar'),
        (["a: {path: '$${}$$/${}'}"], 6, 17, "found '${}', expected"),
        (["a: {path: '${mdev_type}'}"], 6, 17, 'mdev_type_name alone'),
        (['a: {path: a, remember: true}'], 6, 20, "the key 'remember'"),
        (['a: {path: a}', 'a: {path: b}'], 7, 7, 'a second a'),
    ],
)
def test_what_is_wrong_with_a_fact_is_said_with_its_place(
    lines, line, column, reason
):
    found = [p for p in problems(with_facts(*lines)) if reason in p[2]]

    assert [p[:2] for p in found] == [(line, column)]


def test_a_rule_has_at_most_64_facts():
    facts = [f'f{n}: {{path: x}}' for n in range(65)]

    assert read(with_facts(*facts[:64]))
    assert only(with_facts(*facts)) == (
        6,
        7,
        'found a mapping of 65, expected at most 64 facts, by name',
    )


def test_everything_wrong_with_a_file_is_said_in_its_order():
    text = with_facts('a: {path: /x}', 'B: {path: b}').replace(
        'name: x', 'n: x'
    )

    assert [(line, column) for line, column, _ in problems(text)] == [
        (2, 5),
        (2, 5),
        (6, 17),
        (7, 7),
    ]


def test_of_very_much_that_is_wrong_a_part_is_said():
    assert len(problems('rules:\n' + '- x\n' * 1000)) == rulefile.MAX_PROBLEMS


def test_foreign_text_in_a_message_is_one_printable_line():
    with pytest.raises(rulefile.RulesError) as caught:
        read('rules:\n- "a\\nERROR \\u202e \\e[31m": x\n')

    assert all(str(p).isprintable() for p in caught.value.problems)
    assert str(caught.value).isascii()


def test_every_part_of_the_schema_says_what_it_expects():
    def check(part):
        assert part.get('description') or '$ref' in part, part
        children = [
            *part.get('properties', {}).values(),
            part.get('items'),
            part.get('additionalProperties'),
            part.get('propertyNames'),
        ]
        for child in children:
            if isinstance(child, dict):
                check(child)

    schema = json.loads((ROOT / 'schema.json').read_text())
    check(schema)
    for part in schema['$defs'].values():
        check(part)


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        ('name: x', 'name: "x\\n"'),
        ('vendor: 15b3', 'vendor: "15b3\\n"'),
        ('vendor: 15b3', 'vendor: ["15b3\\n"]'),
        ('vendor: 15b3', 'vendor: "15*\\n"'),
        ('vendor: 15b3', 'revision: "00\\n"'),
        ('vendor: 15b3', 'class: "020000\\n"'),
        ('path: a', 'path: "a\\n"'),
        ('lookup: vendor', 'lookup: "vendor\\n"'),
        ('from: pf', 'from: "pf\\n"'),
        ('own', '"own\\n"'),
    ],
)
def test_no_text_of_a_rule_ends_with_a_line_end(before, after):
    text = with_facts('own: {path: a, from: pf, lookup: vendor}')
    assert read(text)

    assert 'expected' in problems(text.replace(before, after))[0][2]


def test_every_built_in_fact_of_the_schema_is_one():
    schema = json.loads((ROOT / 'schema.json').read_text())
    named = schema['$defs']['rule']['properties']['applies_to']['properties']

    assert set(named) == rule.HEXADECIMAL
    assert set(rule.BUILT_IN) > rule.HEXADECIMAL


def test_the_documentation_names_every_built_in_fact():
    page = DOCUMENTATION.read_text()

    assert [n for n in rule.BUILT_IN if f'``{n}``' not in page] == []


def test_the_example_of_the_documentation_is_right():
    page = DOCUMENTATION.read_text()
    example = page.partition('.. code-block:: yaml\n')[2].partition(
        '\nA rules'
    )[0]

    (found,) = rulefile.read('example', textwrap.dedent(example).encode())

    assert found.name == 'Acme accelerator, VF'
