"""Personal data replaced on the way from one table to another, by rules and with stable pseudonyms."""
