"""Identity checks and risks: the staff pages."""
