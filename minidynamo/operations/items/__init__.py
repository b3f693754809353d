"""The operations on items: the data plane."""
