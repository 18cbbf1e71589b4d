"""`autotennis doctor`: looks through an installation, and says what to mend. It changes nothing."""
