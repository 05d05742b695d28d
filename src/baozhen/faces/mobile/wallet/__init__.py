"""保单夹: everything that a signed-in holder has, on the phone."""
