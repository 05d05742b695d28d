"""理赔: a loss reported from the policy, its papers, its progress and its decision."""
