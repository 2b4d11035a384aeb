"""What the programs of agent libraries share: where they go, the functions that they offer, and what they are told."""

import os

URL = f"{os.environ['MATRIX_URL']}/v1"
KEY = "sk-emu-matrix"
MODEL = "gpt-4o"
TALK = "The basin is four metres deep at low tide, and nearly seven at the spring flood."
BOTH = "Count the boats at both piers."
COUNTED = "North has 9 boats, south has 6."
TWICE = "Count twice."
PIERS = {"north": 9, "south": 6}
