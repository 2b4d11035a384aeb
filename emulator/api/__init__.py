"""The API over HTTP: paths, headers, codes, framing. It decides nothing; the services do."""
