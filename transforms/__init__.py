"""Pure functions from frames to frames: what each table of the flow means."""
