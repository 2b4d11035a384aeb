"""The Python face of the control API: namespaces as typed objects, of a server here or elsewhere."""
