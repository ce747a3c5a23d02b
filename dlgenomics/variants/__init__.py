"""What variants do to a model's predictions: from VCF to VCF.

`vcf` reads records, `alleles` says what each allele is and whether it can be scored, `windows`
makes the sequences of both alleles, `scores` compares what a network predicts for them, `scoring`
runs over a file, and `writers` keep every record. `splicing` holds SpliceAI's own scores.
Importing this room starts no TensorFlow.
"""
