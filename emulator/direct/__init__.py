"""Requests to an app in the same process, without a socket between client and app."""
