"""Advice from a ledger: ten rules, each with the place it speaks of, a remedy, and the units that this would save."""
