"""What is known of a model and of data, as plain data, and questions about it. No record holds a Keras object."""
