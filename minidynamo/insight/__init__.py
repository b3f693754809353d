"""What requests cost, and why: the ledger, explanations, and advice. All of it is off until it is asked for."""
