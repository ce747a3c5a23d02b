"""What is code and not data: run only with trust, given per call, after saying what will run."""
