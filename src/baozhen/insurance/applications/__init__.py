"""投保: a person's way from a quote to an accepted, signed and paid application."""
