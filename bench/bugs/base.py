"""What the applications share: a table of things, calls that may legally fail, and the count of a run's steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from minidynamo.formats.short_tables import create_table_request
from minidynamo.testing import DynamoDBStateMachine

FAILURES = (ClientError, BotoCoreError)

THINGS = create_table_request("Things", {"key": ["id S"], "gsi": {"by_kind": {"key": ["kind S"]}}})


class BuggyApplication(DynamoDBStateMachine):
    """A machine around an application with a bug.

    Attributes of the class:
        title: the bug, in a few words.
        least: how many steps and faults show it at least.
        last: how many steps and faults the run had that ended last.
    """

    tables = THINGS
    profile = "stormy"

    title: ClassVar[str] = ""
    least: ClassVar[tuple[int, int]] = (1, 1)
    last: ClassVar[tuple[int, int]] = (0, 0)

    def __init__(self) -> None:
        super().__init__()
        self.step_count = 0

    def attempt(self, action: Callable[[], Any]) -> Any:
        """What an action gives; None where it fails as it legally may."""
        self.step_count += 1
        try:
            return action()
        except FAILURES:
            return None

    def teardown(self) -> None:
        happened = self.database.history().choices if hasattr(self, "database") else []
        type(self).last = self.step_count, len(happened)
        super().teardown()

    def put(self, identifier: str, **attributes: Any) -> None:
        """Puts a thing."""
        self.resource.Table("Things").put_item(Item={"id": identifier, **attributes})

    def really(self, identifier: str) -> dict[str, Any] | None:
        """A thing as it is, whatever faults there are."""
        with self.database.faults.paused():
            found: dict[str, Any] | None = (
                self.resource.Table("Things").get_item(Key={"id": identifier}, ConsistentRead=True).get("Item")
            )
            return found
