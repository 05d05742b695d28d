"""What may be done with signing tasks, one file a group of verbs."""
