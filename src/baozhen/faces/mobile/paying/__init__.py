"""缴费: what is to be paid, by whom and how; where the money stands; the policies it became."""
