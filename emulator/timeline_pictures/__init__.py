"""The timeline of a run as a picture that is drawn to scale: an SVG for pages, documents and files."""
