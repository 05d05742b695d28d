"""PDF documents: render, lint, sign, verify."""
