"""Envelopes: documents, signatories, actions and their order."""
