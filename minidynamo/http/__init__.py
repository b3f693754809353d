"""DynamoDB's HTTP protocol without any input or output: a request in, an answer out. Sockets are others' business."""
