"""What is said of statements that cannot be parsed, and of those that can and are refused.

Source: PartiQL reference parser, as the service's responses show it.
"""

from __future__ import annotations

import pytest

from minidynamo.errors import ValidationError
from minidynamo.partiql.binding import bound_statement
from minidynamo.partiql.parser import parse
from minidynamo.partiql.tokens import NOT_WELL_FORMED

NOT_PARSED = {
    "SELECT * FROM": "Unexpected term",
    'SLECT * FROM "t"': "Expected data manipulation",
    "FOO BAR": "Unexpected token after expression",
    "SELECT * FROM t WHERE": "Unexpected term",
    "SELECT * FROM t WHERE (": "Unexpected term",
    "SELECT * FROM t WHERE NOT": "Unexpected term",
    "SELECT * FROM t WHERE a = 1 AND": "Missing right-hand side expression of infix operator",
    "SELECT * FROM t WHERE a =": "Missing right-hand side expression of infix operator",
    "SELECT * FROM t WHERE a = )": "Unexpected term",
    "SELECT * FROM t WHERE ORDER BY a": "Unexpected keyword",
    "SELECT * FROM t WHERE x IS FOO": "Expected type name",
    "SELECT * FROM t WHERE IS NULL": "Unexpected operator",
    "SELECT * FROM t WHERE x = LIKE": "Unexpected operator",
    "SELECT * FROM t WHERE size = 1": "Unexpected keyword",
    "SELECT * FROM t WHERE ()": "Expression group cannot be empty",
    "SELECT * FROM t WHERE f(a": "Expected RIGHT_PAREN",
    "SELECT * FROM t WHERE a = [1, 2": "Expected RIGHT_BRACKET",
    "SELECT * FROM t WHERE a = [1,]": "Unexpected term",
    "SELECT * FROM t WHERE a = {'x': 1": "Expected RIGHT_CURLY",
    "SELECT * FROM t WHERE a = {'x' 1}": "Expected COLON",
    "SELECT * FROM t WHERE a = <<1, 2": "Expected RIGHT_DOUBLE_ANGLE_BRACKET",
    "SELECT * FROM t WHERE a = @1": "Identifier must follow @-operator",
    "SELECT * FROM t WHERE a BETWEEN 1": "Expected AND keyword",
    "SELECT * FROM t WHERE a BETWEEN 1 AND": "Expected expression after AND",
    "SELECT * FROM t WHERE a = (UPDATE t SET a = 1)": "Keyword update only expected at the top level in the query",
    "SELECT * FROM t x WHERE a = 1)": "Unexpected token after expression",
    "SELECT * FROM t ORDER BY a WHERE b = 1": "Unexpected token after expression",
    "SELECT * FROM t ORDER a": "Expected BY",
    "SELECT * FROM t; SELECT * FROM t": "Unexpected token after semicolon. (Only one query is allowed.)",
    "SELECT * FROM t AS WHERE": "Expected identifier for AS-alias",
    "SELECT a.inner FROM t": "Invalid path dot component",
    "SELECT a": "Expected FROM after SELECT list",
    "SELECT FROM t": ("Expected identifier or an expression but found unexpected keyword 'from' in a select list."),
    "SELECT *, a FROM t": (
        "Other expressions may not be present in the select list when '*' is used without dot notation."
    ),
    "DELETE FROM": "Expected identifier for simple path",
    "DELETE t": "Expected FROM after DELETE",
    "DELETE FROM t WHERE a = 1 ORDER BY a": "Unexpected token after expression",
    "INSERT INTO t (key, x) VALUES (1, 2)": "Unexpected keyword",
    "INSERT INTO t x VALUE {'a': 1}": "Unexpected token after expression",
    "UPDATE t": "Expected data manipulation",
    "FROM t WHERE a = 1": "Expected data manipulation",
    "UPDATE 'x' SET a = 1": "Expected identifier for simple path",
    "UPDATE t SET a": "Expected '='",
    "UPDATE t SET a.* = 1": "Invalid path dot component for simple path",
    "UPDATE t SET a[b] = 1": "Invalid path component for simple path",
    "UPDATE t SET a = 1 RETURNING x": "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.",
    "UPDATE t SET a = 1 RETURNING ALL OLD a": "Unsupported syntax in RETURNING columns.",
    "SELECT # FROM t": "",
    "SELECT 'a FROM t": "",
    "SELECT a FROM t /* b": "",
    "SELECT * FROM t WHERE a = 1e": "",
    "SELECT * FROM t WHERE a = 1e9999999999": "",
}

REFUSED = {
    "SELECT a AS b FROM t": "Aliasing is not supported",
    "SELECT * FROM t x": "Aliasing is not supported",
    "UPDATE t x SET a = 1": "Aliasing is not supported",
    "SELECT COUNT(*) FROM t": "Unexpected path component at 1:8:5",
    "SELECT DISTINCT a FROM t": "Unsupported token in expression: DISTINCT",
    "SELECT a.z, z FROM t": "Duplicate identifiers in select clause: z",
    "SELECT * FROM t\nLIMIT 1": "Unsupported clause: LIMIT at 2:7:1",
    "SELECT * FROM a.b.c": "A path may contain at most 2 components in the FROM clause",
    'SELECT * FROM ""': "Path component cannot be an empty string",
    "SELECT * FROM t, u": "Only select from a single table or index is supported.",
    "SELECT * FROM t ORDER BY a": "Must have WHERE clause in the statement when using ORDER BY clause.",
    "SELECT * FROM t WHERE exists(a)": "Unrecognized function: exists at 1:23:6",
    "SELECT * FROM t WHERE set_add(a, <<1>>)": "Unrecognized function: set_add at 1:23:7",
    "SELECT * FROM t WHERE a LIKE 'x'": "Unsupported operator in Condition Expression. Operator: like",
    "SELECT * FROM t WHERE a = <<>>": "Empty bags are not supported at 1:27:2",
    "SELECT * FROM t WHERE a = <<1, 'a'>>": (
        "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
    ),
    "SELECT * FROM t WHERE a = DATE '2020-01-01'": "Unsupported data type: UNKNOWN",
    "INSERT INTO t VALUE [1]": (
        "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
        "statement. at 1:21:1"
    ),
    "INSERT INTO t VALUE {'a': set_add(a, <<1>>)}": "Unsupported data type: set_add under key root at 1:27:7",
    'INSERT INTO "t"."i" VALUE {}': (
        "FROM clause may only contain a single table name in data manipulation statements at 1:13:3"
    ),
    "DELETE FROM t.i WHERE a = 1": "This operation is not supported on an index",
    "DELETE FROM t WHERE a = 1 RETURNING MODIFIED OLD *": (
        "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."
    ),
    "UPDATE t SET a = set_add(b, <<1>>)": "The first argument to SET_ADD must equal the assignment value at 1:18:7",
    "UPDATE t SET a = set_add(a, 1)": "The second argument to SET_ADD must be a value with type SET at 1:26:1",
    "UPDATE t SET a = set_delete(a)": "SET_DELETE must have exactly two arguments at 1:18:10",
    "UPDATE t SET a = set_add(a, <<>>)": "Empty bags are not supported",
    "x IS INT4": "Unsupported operation: IsType",
}


@pytest.mark.parametrize("text", NOT_PARSED)
def test_what_cannot_be_parsed(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(text)
    assert caught.value.message == NOT_WELL_FORMED + NOT_PARSED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    """After its parameters have been looked at."""
    parsed = parse(text)
    with pytest.raises(ValidationError) as caught:
        bound_statement(parsed, [])
    assert caught.value.message == REFUSED[text]


@pytest.mark.parametrize(
    ("literal", "place"), [("1e999", "root"), ("{'x': -1e999}", "root.x"), ("[1, {'y': 1e999}]", "root[1].y")]
)
def test_numbers_come_first(literal: str, place: str) -> None:
    """Before what is not supported, with the place in the literal."""
    text = "Number overflow. Attempting to store a number with magnitude larger than supported range"
    with pytest.raises(ValidationError) as caught:
        parse(f"SELECT COUNT(*) FROM t WHERE a = {literal}")
    assert caught.value.message == f"{text} under {place}"


def test_nesting_without_end() -> None:
    """It ends in an error of the service."""
    with pytest.raises(ValidationError):
        parse(f"SELECT * FROM t WHERE a = {'[' * 4000}{']' * 4000}")
    deep = parse(f"SELECT * FROM t WHERE {'(' * 3900}a = 1{')' * 3900}")
    assert deep.fault is None
