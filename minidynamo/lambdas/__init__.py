"""Functions that run in this process as AWS Lambda runs them: invoked by name, or by the changes of a stream."""
