"""Serverless applications as their templates declare them."""
