"""投保 on the phone: choose a form, fill it in step by step, see the price, submit, follow it."""
