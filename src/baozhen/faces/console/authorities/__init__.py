"""Certificate authorities, bindings, trust lists: the staff pages."""
