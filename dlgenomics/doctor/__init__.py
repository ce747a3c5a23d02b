"""Looks at a spec and its data before training, and says what will go wrong and why."""

from dlgenomics.doctor.checkup import CHECKS as CHECKS
from dlgenomics.doctor.checkup import examine as examine
from dlgenomics.doctor.finding import SEVERITIES as SEVERITIES
from dlgenomics.doctor.finding import Finding as Finding
