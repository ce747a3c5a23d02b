"""Files → batches for prediction, one kind of files a file."""
