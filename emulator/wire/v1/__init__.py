"""The first version of the API: its request bodies upgraded to the newest shape, and its errors in its own words."""
