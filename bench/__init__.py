"""Figures of the whole product, measured against floors of the same run: `./dev bench`."""
