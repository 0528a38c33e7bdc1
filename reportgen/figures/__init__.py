"""Arrays -> figures."""
