"""A tennis club's web site to practise on: a real server, a clock that can be set, faults on demand."""
