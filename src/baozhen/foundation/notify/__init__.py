"""Messages out: what was sent to whom, when, and what became of it."""
