"""minidynamo: a DynamoDB-compatible NoSQL store that lives inside a Python process.

Only the names listed here are public; whatever is not may change.
"""

from minidynamo.clock import Clock, ManualClock, SystemClock
from minidynamo.database import Database, PartitionInfo, connect
from minidynamo.errors import DynamoError
from minidynamo.interfaces.boto.mocking import attach, mock
from minidynamo.interfaces.conditions import Attr, Key
from minidynamo.values.python_values import Binary

__version__ = "0.1.0"

__all__ = [
    "Attr",
    "Binary",
    "Clock",
    "Database",
    "DynamoError",
    "Key",
    "ManualClock",
    "PartitionInfo",
    "SystemClock",
    "attach",
    "connect",
    "mock",
]
