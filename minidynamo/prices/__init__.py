"""What Amazon DynamoDB costs: one list of prices, with its date."""
