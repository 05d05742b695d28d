"""Verbs of the endorsements stage: work a change out, decide, confirm, seal, apply, pay back."""
