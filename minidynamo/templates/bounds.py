"""How large a file with tables may be, and what resolving it may come to.

What people write stays far below all of them: they are there for files made to take all time or memory.
"""

from __future__ import annotations

from minidynamo.limits import KIB, MIB

# Files.
FILE_SIZE_BYTES_MAX = 16 * MIB
YAML_SIZE_BYTES_MAX = 1 * MIB  # As much as CloudFormation takes.
NESTING_LEVELS_MAX = 100  # Of objects and lists; aliases count as what they stand for.
JSON_NODES_MAX = 1_000_000
YAML_NODES_MAX = 100_000  # Keys are nodes, too, and aliases count as what they stand for.
YAML_DIRECTIVES_MAX = 100
YAML_NUMBER_CHARACTERS_MAX = 18  # What looks like a longer number is text.

# What the tables of one template come to, and what its functions give, all together and one by one.
RESOLVED_NODES_MAX = 200_000
RESOLVED_CHARACTERS_MAX = 1 * MIB
RESOLVED_TEXT_CHARACTERS_MAX = 64 * KIB

# What a table is created with: longer lists are in no request that the service could accept.
TABLE_LIST_ENTRIES_MAX = 1_000
TABLE_TEXT_CHARACTERS_MAX = RESOLVED_TEXT_CHARACTERS_MAX

# Error messages.
MESSAGE_CHARACTERS_MAX = 1_000
NAME_CHARACTERS_MAX = 200  # Of an object in the file.
SHOWN_CHARACTERS_MAX = 60  # Of a value from the file.
