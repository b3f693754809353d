"""The double behind boto3 and aiobotocore: their clients and resources, answered by a database in this process."""
