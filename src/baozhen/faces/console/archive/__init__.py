"""The file centre: the staff pages."""
