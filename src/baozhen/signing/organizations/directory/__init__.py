"""The directory: what it says, what would change, and the SCIM 2.0 it is spoken in."""
