"""The conformance kit: tries a club's client at its real site, through the ports alone, and says what it holds."""
