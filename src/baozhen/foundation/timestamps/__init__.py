"""Timestamps from outside: the port, the client of real services, the development twin."""
