"""Explanations: what a request reads, changes and costs, found out by carrying it out on a shadow, without effect."""
