"""A server that passes requests on to the real service, or to any other, and writes down what was said."""
