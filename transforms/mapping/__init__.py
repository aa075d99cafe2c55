"""Source mappings: how a lender's files become events, accounts and instructions."""
