"""A Hypothesis state machine for an application: rules of its own, on a database whose faults Hypothesis draws.

class Shop(DynamoDBStateMachine):
    tables = "template.yaml"
    profile = "stormy"

    @rule(name=st.sampled_from("abc"))
    def order(self, name):
        place_order(self.client, name)
        self.model["Orders"].put(...)

    @invariant()
    def every_order_is_kept(self):
        assert self.items("Orders") == ...

TestShop = Shop.TestCase
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from minidynamo import Database, ManualClock, Profile, connect, mock
from minidynamo.simulation import CALM
from minidynamo.testing.drawn_faults import drawn
from minidynamo.testing.reference import ReferenceModel, reference_model
from minidynamo.testing.schemas import SchemaSource, TableSchema
from minidynamo.values.api_types import RequestDraft
from minidynamo.values.attribute_value import Item

Tables = SchemaSource | list[SchemaSource] | tuple[SchemaSource, ...]


class _AllRules:
    """Which rules may be drawn in a run."""

    def is_enabled(self, name: str) -> bool:
        """Whether this one may."""
        return True


class DynamoDBStateMachine(RuleBasedStateMachine):
    """Subclass it, and give operations of your application as rules.

    Attributes of the class, for subclasses to set:
        tables: what there is at the start: the path of a template, CreateTable requests, `TableSchema`s, or a list.
            Tables may be created in `populate` as well, or instead.
        profile: the faults that may be drawn, a profile or its name; None for none.
        answers_boto3: whether boto3 and aiobotocore are answered by the database during each run.

    Attributes of a run:
        database: the simulated database, whose clock is a `ManualClock`.
        client, resource: the embedded ones, like boto3's.
        model: an empty reference model of each table by name, for rules to keep.

    Raises:
        ValueError: there are no tables, neither of `tables` nor by `populate`.
    """

    tables: ClassVar[Tables] = ()
    profile: ClassVar[str | Profile | None] = "stormy"
    answers_boto3: ClassVar[bool] = False

    _templates: ClassVar[dict[type, tuple[Database, list[TableSchema]]]] = {}

    def __init__(self) -> None:
        super().__init__()
        # By its default Hypothesis leaves some rules out of each run, and draws which: choices within the first step,
        # which then cannot be deleted. Without them a quiet step is three choices and its arguments.
        self._rules_strategy.enabled_rules_strategy = st.just(_AllRules())  # type: ignore[arg-type]
        self._open = ExitStack()
        template, schemas = self._template()
        self.database, self._chance = drawn(template, CALM if self.profile is None else self.profile)
        self._chance.step = 1
        self.client = self.database.client()
        self.resource = self.database.resource()
        self.model: dict[str, ReferenceModel] = {schema.name: reference_model(schema) for schema in schemas}
        if self.answers_boto3:
            self._open.enter_context(mock(self.database))
        self.begin()

    def populate(self, database: Database) -> None:
        """Fills the database that every run begins with, with items or with tables as well; called once."""

    def begin(self) -> None:
        """Called as each run begins, after its database is there: the place to map handlers with `on_stream`."""

    def check_invariants(self, *arguments: Any, **options: Any) -> None:
        """Hands all changes over to the handlers after each step; then come the invariants."""
        if self.database.functions.mappings:
            self.database.drain()
        self._chance.step = (self._chance.step or 0) + 1
        super().check_invariants(*arguments, **options)

    def items(self, table: str, index: str | None = None) -> list[Item]:
        """All items of a table, or entries of an index, as they really are, whatever faults there are.

        Parameters:
            table: its name.
            index: the name of one of its indexes.
        """
        place: RequestDraft = {"TableName": table} if index is None else {"TableName": table, "IndexName": index}
        with self.database.faults.paused():
            return [item for page in self.client.get_paginator("scan").paginate(**place) for item in page["Items"]]

    def teardown(self) -> None:
        """Ends a run; what has been chosen in it is part of the report of a failure."""
        self._open.close()
        note(str(self.database.history()))
        self.database.close()

    def _template(self) -> tuple[Database, list[TableSchema]]:
        """What every run of the class begins with, and its tables."""
        if type(self) not in self._templates:
            template = connect(clock=ManualClock())
            for schema in _schemas(self.tables):
                schema.create(template)
            self.populate(template)
            pages = template.client().get_paginator("list_tables").paginate()
            schemas = [TableSchema.of(template, name) for page in pages for name in page["TableNames"]]
            if not schemas:
                hint = "set its attribute tables, or create them in populate(database)"
                raise ValueError(f"the state machine {type(self).__name__} has no tables: {hint}")
            self._templates[type(self)] = template, schemas
        return self._templates[type(self)]


def _schemas(tables: Tables) -> list[TableSchema]:
    if isinstance(tables, str | Path):
        from minidynamo import schema_from

        return [TableSchema.of(each.request) for each in schema_from(tables)]
    several = tables if isinstance(tables, list | tuple) else [tables]
    return [TableSchema.of(each) for each in several]
