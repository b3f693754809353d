"""AWS Lambda's own API for the functions and event source mappings that live here, as plain requests and replies."""
