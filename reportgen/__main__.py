"""`python -m reportgen`, the same as `reportgen`."""

from reportgen.commands.cli import main

if __name__ == "__main__":
    main(prog_name="reportgen")
