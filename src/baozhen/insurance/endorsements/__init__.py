"""批改: changes of a policy, their money and their electronic endorsements 批单."""
