"""报案与理赔: from the report of a loss to its payment, on the phone."""
