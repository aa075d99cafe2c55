"""A world of made-up people whose logs look like a lender's; the truth about them lies beside."""
