"""Metrics for Prometheus: counted only on servers that are started with them."""
