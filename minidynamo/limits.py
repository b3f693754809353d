"""The largest and smallest anything: every limit of the service that this package keeps, with its unit in its name.

Source: Amazon DynamoDB Developer Guide, "Quotas", and the API reference (version 2012-08-10).
"""

KIB = 1024
MIB = 1024 * KIB

# Items and their parts.
ITEM_SIZE_BYTES_MAX = 400 * KIB
ATTRIBUTE_NAME_BYTES_MAX = 65_535
NESTING_LEVELS_MAX = 32
NESTING_LEVELS_OF_NEWER_LAYER_MAX = 62  # Above, it checks what goes together in the older form. Observed: 63 do.
PARTITION_KEY_BYTES_MAX = 2048
SORT_KEY_BYTES_MAX = 1024
NUMBER_DIGITS_MAX = 38
NUMBER_EXPONENT_MAX = 125
NUMBER_EXPONENT_MIN = -130

# Storage.
PARTITION_SIZE_BYTES_MAX = 10 * KIB * MIB
ITEM_COLLECTION_SIZE_BYTES_MAX = 10 * KIB * MIB
PAGE_SIZE_BYTES_MAX = 1 * MIB

# Files.
FILE_MODE = 0o600  # Data are for the user who made them, unless an option says otherwise.
LOADED_RECORD_BYTES_MAX = 4 * MIB  # The text of one record of a file that is loaded.

# Requests.
BATCH_GET_KEYS_MAX = 100
BATCH_GET_RESPONSE_BYTES_MAX = 16 * MIB
BATCH_WRITE_REQUESTS_MAX = 25
BATCH_STATEMENTS_MAX = 25
STATEMENT_CHARACTERS_MAX = 8192
NEXT_TOKEN_CHARACTERS_MAX = 32_768
BATCH_WRITE_BYTES_MAX = 16 * MIB
TRANSACTION_ACTIONS_MAX = 100
TRANSACTION_SIZE_BYTES_MAX = 4 * MIB
IDEMPOTENCY_WINDOW_SECONDS = 10 * 60
CONSTRAINT_FAILURES_LISTED_MAX = 10

# HTTP.
HTTP_BODY_BYTES_MAX = 16 * MIB
HTTP_BODY_SECONDS_MAX = 60  # From the head of a request to the end of its body.
HTTP_IDLE_SECONDS_MAX = 75  # Between two requests of one connection.
HTTP_HEAD_BYTES_MAX = 16 * KIB  # Request line and headers.
HTTP_HEADERS_MAX = 200
HTTP_SENT_BYTES_MAX = 2 * HTTP_BODY_BYTES_MAX  # Of one body, with what chunks add to it.
HTTP_HELD_BYTES_MAX = 256 * MIB  # Of bodies that are not answered and answers that are not read, over all connections.
HTTP_CONNECTIONS_MAX = 2_000
HTTP_UNREAD_SECONDS_MAX = 60  # For how long a client may leave a response unread.
HTTP_PIPELINED_PER_TURN_MAX = 16  # Requests of one connection that are answered before others have their turn.
HTTP_INLINE_BODY_BYTES_MAX = 16 * KIB  # Larger ones are read beside the event loop.
HTTP_UNSIGNED_BODY_BYTES_MAX = 64 * KIB  # Larger ones are read only where the signature holds.
HTTP_COMPRESSED_MEMBERS_MAX = 1_000
JSON_OBJECT_BYTES_MIN = 4  # On average: no request of the API has more objects than a quarter of its bytes.
FUNCTION_CALLS_AT_ONCE_MAX = 64  # Through the HTTP door.
FUNCTION_ANSWER_SECONDS_MAX = 29  # As API Gateway waits.
SERVED_DATABASES_MAX = 1_000  # Where callers are distinguished without being known.
HTTP_COMPRESSED_BODY_BYTES_MIN = 4 * KIB  # Answers that are not larger are never compressed.
SIGNATURE_SKEW_SECONDS_MAX = 15 * 60
SIGNATURE_LIFE_SECONDS_MAX = 7 * 24 * 3600

# Expressions.
EXPRESSION_SIZE_BYTES_MAX = 4096
EXPRESSION_OPERATORS_MAX = 300
EXPRESSION_IN_OPERANDS_MAX = 100
EXPRESSION_PLACEHOLDER_BYTES_MAX = 255
EXPRESSION_MAPS_BYTES_MAX = 2 * MIB
DOCUMENT_PATH_ELEMENTS_MAX = 32
LIST_INDEX_MAX = 2**31 - 1

# Tables and indexes.
RESOURCE_NAME_CHARACTERS_MIN = 3  # Of tables and indexes.
RESOURCE_NAME_CHARACTERS_MAX = 255
KEY_ATTRIBUTE_NAME_CHARACTERS_MAX = 255
LOCAL_INDEXES_MAX = 5
GLOBAL_INDEXES_MAX = 20
INDEX_PARTITION_KEY_ATTRIBUTES_MAX = 4
INDEX_SORT_KEY_ATTRIBUTES_MAX = 4
NON_KEY_ATTRIBUTES_PER_TABLE_MAX = 100
TAGS_PER_RESOURCE_MAX = 50
TABLE_CAPACITY_UNITS_MAX = 40_000
ACCOUNT_CAPACITY_UNITS_MAX = 80_000
CAPACITY_UNITS_VALUE_MAX = 10**12
ON_DEMAND_WARM_READ_UNITS = 12_000
ON_DEMAND_WARM_WRITE_UNITS = 4_000
LIST_TABLES_PAGE_MAX = 100
TIME_TO_LIVE_CHANGE_SECONDS_MIN = 30 * 60
THROUGHPUT_DECREASES_FREE_PER_DAY = 4
RESOURCE_POLICY_BYTES_MAX = 20_480
RESOURCE_POLICY_CHANGE_SECONDS_MIN = 15  # From one change of a policy to the next.
TABLE_CLASS_CHANGES_MAX = 2
TABLE_CLASS_WINDOW_SECONDS = 30 * 24 * 3600

# Streams.
STREAM_RETENTION_SECONDS = 24 * 3600
SHARD_OPEN_SECONDS_MAX = 4 * 3600
SHARD_ITERATOR_SECONDS = 15 * 60
NEXT_TOKEN_SECONDS = 24 * 60 * 60
GET_RECORDS_MAX = 1_000
GET_RECORDS_BYTES_MAX = MIB
STREAMS_PAGE_MAX = 100
SHARDS_PAGE_MAX = 100

# Time to live.
TIME_TO_LIVE_AGE_SECONDS_MAX = 5 * 365 * 24 * 3600
TIME_TO_LIVE_DELAY_HOURS_MAX = 48  # Typically.

# Capacity units.
READ_UNIT_BYTES = 4 * KIB
WRITE_UNIT_BYTES = 1 * KIB
PARTITION_READ_UNITS = 3_000  # Per second.
PARTITION_WRITE_UNITS = 1_000
BURST_SECONDS = 300  # Of capacity that has not been used.

assert ITEM_SIZE_BYTES_MAX < PAGE_SIZE_BYTES_MAX  # Any page can hold at least one item.
assert 6 * ITEM_SIZE_BYTES_MAX < LOADED_RECORD_BYTES_MAX  # JSON may say a byte with six, \u0001.
assert ITEM_SIZE_BYTES_MAX < 2**24  # A record states the size of its item in three bytes.
assert NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN < 256  # Key bytes state an exponent in one byte.
assert PARTITION_SIZE_BYTES_MAX >= ITEM_COLLECTION_SIZE_BYTES_MAX  # A full item collection fits its partition.
assert ITEM_SIZE_BYTES_MAX < TRANSACTION_SIZE_BYTES_MAX < BATCH_WRITE_BYTES_MAX

# Lambda: functions, asynchronous invocations, event source mappings. Source: AWS Lambda Developer Guide, "Quotas".
FUNCTION_TIMEOUT_SECONDS_MAX = 900
INVOCATION_PAYLOAD_BYTES_MAX = 6 * MIB
FUNCTIONS_PAGE_MAX = 50  # Of functions, versions and aliases that are listed at once.
INVOCATION_EVENT_BYTES_MAX = MIB  # Of one that is queued.
ANSWER_PAYLOAD_BYTES_MAX = 6 * MIB + 100  # As the service's own error states it.
PACKAGE_BYTES_MAX = 50 * MIB  # Of a zip file that a request brings.
UNPACKED_BYTES_MAX = 250 * MIB
FUNCTION_MEMORY_MIB_MIN, FUNCTION_MEMORY_MIB_MAX = 128, 10_240
FUNCTION_VARIABLES_BYTES_MAX = 4 * KIB  # Environment variables, with their names.
# What all functions of an account together may run at once, and what of that none of them can have for itself.
ACCOUNT_CONCURRENCY = 1_000
UNRESERVED_CONCURRENCY_MIN = 100
FUNCTION_LAYERS_MAX = 5
CLIENT_CONTEXT_BYTES_MAX = 3_583
LOG_TAIL_BYTES_MAX = 4 * KIB
LOG_EVENT_CHARACTERS_MAX = 256 * KIB
LOG_EVENTS_PAGE_MAX = 10_000
LOG_EVENTS_MAX = 10_000  # Of a function that are kept.
INIT_SECONDS_MAX = 10.0  # In which an environment must have begun.
ENVIRONMENT_IDLE_SECONDS = 600.0  # After which one that nobody uses is ended.
INVOCATION_CHAIN_MAX = 16  # Functions that invoke each other through a stream.
ASYNC_RETRIES = 2
ASYNC_THROTTLE_SECONDS_MAX = 300.0
ASYNC_EVENT_AGE_SECONDS_MAX = 6 * 3600
MAPPING_BACK_OFF_SECONDS_MAX = 60.0
MAPPING_FILTERS_MAX = 5
QUEUE_BATCH_RECORDS_MAX = 10_000
QUEUE_BATCH_AT_ONCE_MAX = 10  # More of them only after they have been waited for.
FILTER_PATTERN_CHARACTERS_MAX = 4_096
WINDOW_STATE_BYTES_MAX = 1 * MIB

# Metrics. Source: Amazon CloudWatch User Guide, "CloudWatch quotas"; PutMetricData.
METRIC_PERIOD_SECONDS = 60
METRIC_MINUTES_MAX = 15 * 24 * 60  # As long as the service keeps minutes.
METRIC_SECONDS_BEFORE_MAX = 14 * 24 * 3600  # From the time of a datapoint to now,
METRIC_SECONDS_AHEAD_MAX = 2 * 3600  # and from now to it.
METRIC_DIMENSIONS_MAX = 30
METRICS_MAX = 10_000  # Of one database; the service has no such bound, nor the next.
METRIC_VALUES_MAX = 500_000  # Different ones per metric and minute, of all that are kept.

# API Gateway. Source: Amazon API Gateway Developer Guide, "Quotas".
GATEWAY_PAYLOAD_BYTES_MAX = 10 * MIB
AUTHORIZER_SECONDS_MAX = 29.0
AUTHORIZER_ANSWERS_MAX = 10_000  # That are kept.
