"""What the service says. Texts used from more than one place, and the prefixes they open with.

A text that a single check uses stands beside that check. Oddities of spelling and spacing are the service's own.
Source: observed responses of Amazon DynamoDB.
"""

PARAMETERS_INVALID = "One or more parameter values were invalid: "
PARAMETERS_NOT_VALID = "One or more parameter values are not valid. "

# Values.
VALUE_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
VALUE_AMBIGUOUS = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
NUMBER_INVALID = "The parameter cannot be converted to a numeric value"
NUMBER_OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
NUMBER_UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
NUMBER_TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
NESTING_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
ITEM_TOO_LARGE = "Item size has exceeded the maximum allowed size"
UPDATED_ITEM_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"

# Keys.
KEY_MISMATCH = "The provided key element does not match the schema"
EMPTY_KEY = (
    PARAMETERS_NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"
)
PARTITION_KEY_TOO_LONG = PARAMETERS_INVALID + ("Size of hashkey has exceeded the maximum size limit of2048 bytes")
SORT_KEY_TOO_LONG = PARAMETERS_INVALID + ("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")

# Conditions and updates.
OPERAND_MISSING = "The provided expression refers to an attribute that does not exist in the item"
OPERAND_MISTYPED = "An operand in the update expression has an incorrect data type"
UPDATE_PATH_INVALID = "The document path provided in the update expression is invalid for update"
BETWEEN_REVERSED = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"

UNKNOWN_CONDITIONAL_OPERATOR = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"

# Resources.
UNITS_ON_DEMAND = (
    PARAMETERS_INVALID
    + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
)
NOT_FOUND = "Requested resource not found"
SHARD_NOT_FOUND = NOT_FOUND + ": Shard does not exist"
DUPLICATE_KEYS = "Provided list of item keys contains duplicates"
TRANSACTION_TOO_LARGE = "Transaction payload size cannot exceed 4MB. Payload Size: {size}"
TRANSACTION_DUPLICATE_ITEM = "Transaction request cannot include multiple operations on one item"
IN_USE = "Attempt to change a resource which is still in use: "
SUBSCRIBER_LIMIT = "Subscriber limit exceeded: "
ONE_ONLINE_INDEX = SUBSCRIBER_LIMIT + "Only 1 online index can be created or deleted simultaneously per table"
SEE_GUIDE = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
TRIMMED = "The operation attempted to read past the oldest stream record in a shard."
