"""The spec cases: requests with the answers of Amazon DynamoDB, replayed against any face or endpoint."""
