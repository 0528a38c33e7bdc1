"""A model and images -> a report, step by step."""
