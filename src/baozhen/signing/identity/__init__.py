"""Who a person or a company is, proved; and that they want what they sign."""
