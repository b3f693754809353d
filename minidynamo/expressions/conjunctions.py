"""What a resolved condition demands in any case: the parts of a conjunction, and those that give an attribute a value.

The one home of that question, since what is read or written by a key must be what is asked for by it.
"""

from __future__ import annotations

from minidynamo.expressions.syntax import And, Comparison, Condition, DocumentPath, In, Literal


def conjuncts(condition: Condition | None) -> tuple[Condition, ...]:
    """The parts of a conjunction, of those within it too, in the order written; none of no condition."""
    if condition is None:
        return ()
    if not isinstance(condition, And):
        return (condition,)
    return tuple(each for part in condition.parts for each in conjuncts(part))


def equality(part: Condition) -> tuple[str, Literal] | None:
    """The attribute that must equal a literal, on whichever side it stands, and the literal; None of all else."""
    match part:
        case Comparison("=", DocumentPath((str(name),)), Literal() as literal):
            return name, literal
        case Comparison("=", Literal() as literal, DocumentPath((str(name),))):
            return name, literal
        case _:
            return None


def pinned(part: Condition, attribute: str) -> list[Literal] | None:
    """The values that a part allows an attribute, by equality or IN; None where it does not bound it so."""
    if isinstance(part, In) and part.operand == DocumentPath((attribute,)):
        choices = [each for each in part.choices if isinstance(each, Literal)]
        return choices if len(choices) == len(part.choices) else None
    found = equality(part)
    return [found[1]] if found is not None and found[0] == attribute else None
