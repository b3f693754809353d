"""The kit for property-based tests: strategies, faults that shrink, a state machine, checkers of histories, mutants.

Needs the extra `testing`. All names here are public.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401
except ImportError as _error:
    raise ImportError("minidynamo.testing needs its extra: pip install 'minidynamo[testing]'") from _error

from minidynamo.testing.drawn_faults import simulate_drawn, simulated
from minidynamo.testing.exploration import Exploration, FailedOutcome, explore
from minidynamo.testing.expressions import Expression, condition_expressions, update_expressions
from minidynamo.testing.failures import FAILURES
from minidynamo.testing.histories import NotLinearizable, check_linearizable, check_serializable
from minidynamo.testing.hypothesis_profiles import register_profiles as _register_profiles
from minidynamo.testing.invalid_requests import InvalidRequest
from minidynamo.testing.mutation.mutant import Mutant
from minidynamo.testing.mutation.report import Judgement, MutationReport, mutants, run_mutants
from minidynamo.testing.recorded import RecordedCall, RecordedHistory, recording
from minidynamo.testing.reference import ReferenceModel, reference_model
from minidynamo.testing.requests import queries, requests, transactions
from minidynamo.testing.schemas import IndexSchema, TableSchema, table_schemas
from minidynamo.testing.state_machine import DynamoDBStateMachine
from minidynamo.testing.statements import statements
from minidynamo.testing.values import attribute_values, items, keys, numbers

_register_profiles()

__all__ = [
    "FAILURES",
    "DynamoDBStateMachine",
    "Exploration",
    "Expression",
    "FailedOutcome",
    "IndexSchema",
    "InvalidRequest",
    "Judgement",
    "Mutant",
    "MutationReport",
    "NotLinearizable",
    "RecordedCall",
    "RecordedHistory",
    "ReferenceModel",
    "TableSchema",
    "attribute_values",
    "check_linearizable",
    "check_serializable",
    "condition_expressions",
    "explore",
    "items",
    "keys",
    "mutants",
    "numbers",
    "queries",
    "recording",
    "reference_model",
    "requests",
    "run_mutants",
    "simulate_drawn",
    "simulated",
    "statements",
    "table_schemas",
    "transactions",
    "update_expressions",
]
