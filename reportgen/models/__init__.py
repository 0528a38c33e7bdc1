"""What makes, loads, changes, watches and inspects a living Keras model."""
