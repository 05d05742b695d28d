"""投保单: what a customer asked for, as the core system sends it; and batches of it."""
