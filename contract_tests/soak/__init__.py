"""The soak: a server under everything at once for some minutes, and what it loses, doubles, holds up or keeps."""
