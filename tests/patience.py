"""How long a test waits for what must come."""

PATIENCE = 120  # seconds; far more than anything takes, for machines stall, and when all goes well nobody waits for it
