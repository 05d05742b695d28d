"""The signing pages, phone first: a link, who one is, reading, the signature, the will."""
