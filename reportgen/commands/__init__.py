"""What a person types and reads. The only place that prints and exits."""
