"""The REST API for core systems, partners and channels."""
