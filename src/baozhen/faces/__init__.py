"""Faces, one per audience: they translate and never decide."""
