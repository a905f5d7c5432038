# SPDX-License-Identifier: Apache-2.0
"""FORMAT.md section 6: canonical form and digest."""

import base64
import hashlib
import string

from nova_migcompat import descriptor
from tests.unit.descriptor.texts import canonical, document, error, text_of


def test_self_comes_first_then_each_object_in_order():
    text = 'COMPATIBLE\nb=1\na=2\nSELF\nz=1\ny=\nx="2"\nCOMPATIBLE\na='
    assert descriptor.parse(text).canonical == (
        'SELF:\n\tz="1"\n\tx="2"\n'
        'COMPATIBLE:\n\tb="1"\n\ta="2"\n'
        'COMPATIBLE:\n\ta=""\n'
    )


def test_a_literal_is_quoted_with_backslashes_before_quote_and_backslash():
    assert canonical('"a\\"b\\\\c{}#d"') == '"a\\"b\\\\c{}#d"'
    found = document(device='a=\\{"ä # x').canonical
    assert found == 'SELF:\n\ta="\\\\{\\"ä"\n'


def test_ascii_marks_of_a_template_have_a_backslash():
    plain = string.ascii_letters + string.digits + '_.,'
    marks = ''.join(chr(c) for c in range(32, 127) if chr(c) not in plain)
    written = ''.join(f'\\{c}' for c in marks)
    value = f'x{plain}{written}ä\u00a0😀{{v:int:1}}'
    assert canonical(value) == value
    assert canonical('x/-\tz{v:int:1}') == 'x\\/\\-\\\tz{v:int:1}'


def test_items_stand_in_their_order():
    assert canonical('{v:int: 3,1 ,02..3}') == '{v:int:3,1,2..3}'
    assert canonical('{v:int:00..007,-0,-01..,..-00}') == (
        '{v:int:0..7,0,-1..,..0}'
    )
    assert canonical('{v:string:b,"a",b}') == '{v:string:"b","a","b"}'
    assert canonical('{v:flags:b+a,=c}') == '{v:flags:b+a,=c}'
    assert canonical('{v:version:01.0,1.00-2}') == '{v:version:01.0,1.00-2}'


def test_the_same_canonical_form_is_the_same_document():
    one = document('x={v:int:01}-1', device='a="1"\nb=')
    other = document('x={ v:int:1 } - 1', device='a=1')
    assert one == other
    assert hash(one) == hash(other)
    assert one.digest == other.digest
    assert hash(one) != hash(document())
    assert one != document('x={w:int:1}-1')
    assert one != one.canonical


def test_the_digest_is_the_first_160_bits_of_sha_256_in_base32():
    found = document(device='a=ü')
    sha = hashlib.sha256(b'SELF:\n\ta="\xc3\xbc"\n').digest()
    assert found.digest == base64.b32encode(sha[:20]).decode()
    assert len(found.digest) == 32


def test_a_document_shows_itself():
    found = document()
    assert str(found) == found.canonical
    assert found.digest in repr(found)


def test_self_fields_keep_their_order_and_cannot_be_changed():
    found = document(device='b=1\nc=\na=2').self_object
    assert list(found.items()) == [('b', '1'), ('a', '2')]
    assert not hasattr(found, '__setitem__')


def test_long_expressions_count_for_the_canonical_form():
    terms = '+'.join(['1'] * 500)
    expressions = '\n'.join(f'e{i}=({terms})' for i in range(57))
    quotes = '\n'.join(f'q{i}=a{chr(34) * 120}' for i in range(50))
    assert document(expressions, 'a=1')
    found = error(text_of(expressions, quotes))
    assert found.found.startswith('a document whose canonical form has')
