"""What may be done: register, check, send and confirm codes, record a will, note devices."""
