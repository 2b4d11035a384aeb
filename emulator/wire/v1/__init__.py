"""The first version of the API: its bodies read as the newest shape, its refusals in its own words."""
