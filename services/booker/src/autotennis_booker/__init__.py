"""The booker: logs in, learns the club's clock, races, proves, and reports."""
