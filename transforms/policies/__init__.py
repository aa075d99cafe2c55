"""What the lender and the law declare as dated texts, read and checked."""
