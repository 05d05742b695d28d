"""投保申请 in the console: where each stands, the link to its papers, withdrawal."""
