"""How fast the emulator is, told in ratios: each side is measured in turn within one run, so that noise hits both."""
