"""The HTTP server: DynamoDB's wire protocol on a socket."""
