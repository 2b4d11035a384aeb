"""The inspector: pages that show what a server holds and what its runs did, and that change it by the same services."""
