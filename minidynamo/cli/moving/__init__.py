"""Commands that move data from one DynamoDB to another."""
