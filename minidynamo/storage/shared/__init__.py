"""Engines that several processes share: what they must promise, and a database's engine above one of them."""
