"""The program `autotennis`."""

from autotennis_cli.commands import autotennis


def main() -> None:
    """Runs the command that the arguments name."""
    autotennis(prog_name="autotennis")


if __name__ == "__main__":
    main()
