"""How large a report will be, and what gives way where it is too large."""
