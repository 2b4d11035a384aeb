"""The pages: one file for each, with the routes of what it shows and of what it does."""
