"""Runs that survive: a folder beside the output holds the plan and every finished shard."""
