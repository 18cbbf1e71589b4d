"""The ways in which the ports are filled."""
