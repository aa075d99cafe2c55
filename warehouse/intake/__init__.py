"""What is delivered: mappings, landing files, databases, bad and doubled lines, filing."""
