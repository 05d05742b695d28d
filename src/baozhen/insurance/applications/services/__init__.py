"""What may be done with applications: fill in, quote, submit, decide, withdraw, make anew."""
