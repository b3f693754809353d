"""`minidynamo sql`: statements of PartiQL, typed or from a script."""

# The last is a table where it fits, else JSON.
RESULT_FORMATS = ("table", "json", "dynamodb", "csv", "auto")
