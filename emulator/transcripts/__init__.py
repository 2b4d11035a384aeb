"""How runs are written: one transcript for each API that shows them."""
