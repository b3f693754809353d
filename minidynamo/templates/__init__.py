"""Tables as infrastructure code declares them: what `minidynamo.schema_from(path)` reads."""
