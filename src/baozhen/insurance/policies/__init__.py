"""保单: numbering, sealing and issuing the documents of a paid proposal."""
