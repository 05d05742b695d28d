"""Templates: the staff pages."""
