"""What happened in a month, user by user: activity, the ledger, credit months."""
