"""The notifier: tells members and operators what happened, through the channels that they chose."""
