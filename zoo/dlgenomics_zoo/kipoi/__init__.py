"""What is known of Kipoi's models: descriptors, their expansion, and the index of them all."""
