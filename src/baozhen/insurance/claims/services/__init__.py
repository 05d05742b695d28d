"""What may be done with claims, one file a group of verbs."""
