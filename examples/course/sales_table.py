"""A table of the bakery's sales as CSV, for the notebooks that analyse it."""

SALES = b"""day,bread,loaves
Monday,rye,31
Monday,spelt,12
Tuesday,rye,28
Tuesday,spelt,19
Wednesday,rye,40
Wednesday,spelt,22
"""
