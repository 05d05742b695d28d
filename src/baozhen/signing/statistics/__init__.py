"""Figures of seals, files and signatures; charging and clearing."""
