"""DynamoDB's HTTP protocol without any input or output: a request in, a response out. Sockets are others' business."""
