"""How fast the emulator is, in ratios: the sides of a ratio are measured in turn within one run, so noise hits them all."""
