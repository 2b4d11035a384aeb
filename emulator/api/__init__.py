"""The front door: paths, headers and codes of the API. It decides nothing; the services do."""
