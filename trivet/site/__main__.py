"""``python -m trivet.site`` is the command line."""

from trivet.site.cli import main

main(prog_name="trivet")
