"""Figures and charging: the staff pages."""
