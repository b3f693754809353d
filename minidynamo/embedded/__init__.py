"""The embedded client and resource: boto3's methods without boto3."""
