"""What every service of Autotennis shares: the facts that travel, the rules, the ports and their adapters."""
