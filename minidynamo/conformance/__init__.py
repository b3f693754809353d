"""The spec cases: requests with the responses of Amazon DynamoDB, replayed against any face or endpoint."""
