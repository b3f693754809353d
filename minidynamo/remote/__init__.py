"""A DynamoDB reached over HTTP, used as a database of this process is: Amazon's, a server's, or another engine's."""
