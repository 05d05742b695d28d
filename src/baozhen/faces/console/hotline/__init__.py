"""热线: the agent's desk; nothing is seen before the caller was checked."""
