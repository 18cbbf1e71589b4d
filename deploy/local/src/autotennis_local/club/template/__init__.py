"""What `autotennis club new` makes a package of: checked here like everything else, with another name."""
