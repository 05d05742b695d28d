"""The staff pages of underwriting: the queue of what the rules leave to a person."""
