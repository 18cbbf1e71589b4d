"""NTNUI Tennis: the only place that knows this club's pages."""
