"""批改 on the phone: choose, fill in, see before and after, confirm, pay, take the endorsement."""
