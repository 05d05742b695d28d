"""The public pages: verify a policy, query and download it, learn how to verify."""
