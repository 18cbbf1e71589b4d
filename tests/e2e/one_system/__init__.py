"""Tests that share a running system of each family: to start one takes as long as several of them."""
