"""Electronic seals: the picture that people see."""
