"""Which faults there are, when one happens, and what has happened."""
