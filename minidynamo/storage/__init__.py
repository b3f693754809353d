"""Ordered maps of bytes, partitions of them, and the engines that keep them."""
