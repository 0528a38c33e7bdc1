"""The whole report as plain data, equal in every format: its parts, its sheets of maps, its drawings."""
