"""Data that move from one DynamoDB to another: copied, followed, verified, and told when it is safe to change over."""
