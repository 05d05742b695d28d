"""Key stores: signing keys in files, tokens and devices, and the data keys that encrypt fields."""
