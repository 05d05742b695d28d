"""Template tags of the faces."""
