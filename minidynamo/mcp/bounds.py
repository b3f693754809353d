"""How much a tool takes and answers: an agent pays for every character that it reads."""

from __future__ import annotations

# Characters of an answer; of one that was asked for whole items.
ANSWER_CHARACTERS_MAX = 20_000
WHOLE_ANSWER_CHARACTERS_MAX = 100_000
ERROR_CHARACTERS_MAX = 2_000
# Bytes of the arguments of a call, as JSON.
ARGUMENT_BYTES_MAX = 8 * 1024 * 1024
# How deep they may nest: the service allows values 32 levels, each of which is two of JSON.
ARGUMENT_LEVELS_MAX = 100

# Items that `read` shows where it is not told how many, and at most.
SHOWN_ITEMS = 20
SHOWN_ITEMS_MAX = 500
# Of a text or a list within a shortened item.
SHOWN_CHARACTERS = 200
SHOWN_MEMBERS = 30

# Tables that `describe` lists at a time.
LISTED_TABLES = 50
# Items of a table that it looks at for their shapes.
SAMPLED_ITEMS = 100
SAMPLED_ITEMS_MAX = 1_000
SHAPES_MAX = 12

# Requests in one call of `try`, and in all that are tried until they are applied.
TRIED_AT_ONCE_MAX = 100
TRIED_MAX = 1_000
# What others have done that is remembered, and named, where it would be lost.
OTHERS_WRITES_MAX = 1_000
NAMED_MAX = 5
# How often a batch is made again whose writes were left over.
LEFTOVER_ATTEMPTS = 8

# Of a model under test.
MODEL_TABLES_MAX = 50
MODEL_ITEMS_MAX = 20_000
MODEL_PATTERNS_MAX = 200
COMMAND_CHARACTERS_MAX = 100_000
MODEL_FILE_BYTES_MAX = ARGUMENT_BYTES_MAX

assert ANSWER_CHARACTERS_MAX < WHOLE_ANSWER_CHARACTERS_MAX, "whole items take more room"
assert SHOWN_ITEMS <= SHOWN_ITEMS_MAX, "more is shown without being asked for than can be asked for"
assert TRIED_AT_ONCE_MAX <= TRIED_MAX, "one call may try more than all calls"
