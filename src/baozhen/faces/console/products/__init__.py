"""The staff pages of products: products on offer, tables and their versions, solvency."""
