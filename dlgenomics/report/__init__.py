"""Pages that show what a run has written. Reads files, draws, computes nothing anew."""

from dlgenomics.report.training import write_report as write_report
