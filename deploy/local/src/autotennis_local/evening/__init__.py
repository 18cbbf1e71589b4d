"""A rehearsal: a whole evening of openings at a practice club, with a deployed Autotennis, held against the record."""
