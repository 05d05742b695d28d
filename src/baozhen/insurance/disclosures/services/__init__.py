"""What may be done: freeze what is read, read, declare, sign, pass the proposal's code."""
