"""Ways to open what a repository holds, the safest first."""
