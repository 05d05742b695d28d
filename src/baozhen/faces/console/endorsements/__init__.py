"""批改 on the staff's screen: what waits for a decision, one change with its papers."""
