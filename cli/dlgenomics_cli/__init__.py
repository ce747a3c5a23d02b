"""The command line: parse, call one library function, print."""

from dlgenomics_cli.app import main as main
