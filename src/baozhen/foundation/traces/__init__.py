"""可回溯: page versions as served, acts of a session in a hash chain, packages for replay."""
