"""minidynamo: a DynamoDB-compatible NoSQL store that lives inside a Python process.

Only the names listed here are public; whatever is not may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from minidynamo import compiled

if TYPE_CHECKING:
    from minidynamo.applications.application import app_from
    from minidynamo.boto.mocks import attach, mock
    from minidynamo.clock import Clock, ManualClock, SystemClock
    from minidynamo.database.connect import connect
    from minidynamo.database.database import Database
    from minidynamo.database.partition_info import PartitionInfo
    from minidynamo.embedded.conditions import Attr, Key
    from minidynamo.embedded.stand_ins import ClientError, ParamValidationError, WaiterError
    from minidynamo.errors import DynamoError, StoreError
    from minidynamo.insight.ledger import Ledger
    from minidynamo.insight.observing import observe
    from minidynamo.simulation import Fault, FaultSchedule, History, Profile, simulate
    from minidynamo.storage.engine import Snapshot
    from minidynamo.templates.policies import policies_from
    from minidynamo.templates.schema import schema_from
    from minidynamo.values.python_values import Binary

# The local part says that the compiled core is in use.
__version__ = "0.1.0+compiled" if compiled.IS_IN_USE else "0.1.0"

__all__ = [
    "Attr",
    "Binary",
    "ClientError",
    "Clock",
    "Database",
    "DynamoError",
    "Fault",
    "FaultSchedule",
    "History",
    "Key",
    "Ledger",
    "ManualClock",
    "ParamValidationError",
    "PartitionInfo",
    "Profile",
    "Snapshot",
    "StoreError",
    "SystemClock",
    "WaiterError",
    "app_from",
    "attach",
    "connect",
    "mock",
    "observe",
    "policies_from",
    "schema_from",
    "simulate",
]

# Where the names are, which are imported when first used: a run of pytest that only has the plugin pays for none.
_LATE = {
    "Attr": "minidynamo.embedded.conditions",
    "Binary": "minidynamo.values.python_values",
    "ClientError": "minidynamo.embedded.client_errors",
    "Clock": "minidynamo.clock",
    "Database": "minidynamo.database.database",
    "DynamoError": "minidynamo.errors",
    "Fault": "minidynamo.simulation",
    "FaultSchedule": "minidynamo.simulation",
    "History": "minidynamo.simulation",
    "Key": "minidynamo.embedded.conditions",
    "Ledger": "minidynamo.insight.ledger",
    "ManualClock": "minidynamo.clock",
    "ParamValidationError": "minidynamo.embedded.client_errors",
    "PartitionInfo": "minidynamo.database.partition_info",
    "Profile": "minidynamo.simulation",
    "Snapshot": "minidynamo.storage.engine",
    "StoreError": "minidynamo.errors",
    "SystemClock": "minidynamo.clock",
    "WaiterError": "minidynamo.embedded.client_errors",
    "app_from": "minidynamo.applications.application",
    "attach": "minidynamo.boto.mocks",
    "connect": "minidynamo.database.connect",
    "mock": "minidynamo.boto.mocks",
    "observe": "minidynamo.insight.observing",
    "policies_from": "minidynamo.templates.policies",
    "schema_from": "minidynamo.templates.schema",
    "simulate": "minidynamo.simulation",
}


if not TYPE_CHECKING:  # Checkers know the names above, and no others.

    def __getattr__(name: str) -> object:
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATE[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
