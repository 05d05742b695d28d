"""The pages of users from outside: outside organisations, intermediaries, policyholders."""
