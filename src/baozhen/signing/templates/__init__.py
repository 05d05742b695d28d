"""Templates: versions, fields, filling."""
