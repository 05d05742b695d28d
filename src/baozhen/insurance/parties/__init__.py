"""当事人: persons and organisations, and what may stand for one on a form."""
