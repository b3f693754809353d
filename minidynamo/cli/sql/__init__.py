"""`minidynamo sql`: statements of PartiQL, typed or from a script."""

RESULT_FORMATS = ("table", "json", "dynamodb", "csv")
