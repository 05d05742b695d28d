"""The insurer, its branches, its staff's roles and its partners' programs."""
