// Predictions of one model along a whole genome, in pieces, as one track.
// nextflow run main.nf --fasta hg38.fa --pieces 50

params.model = 'dragonn/tal1'
params.fasta = 'genome.fa'
params.out = 'genome.bw'
params.pieces = 50

process piece {
    errorStrategy 'retry'
    maxRetries 2

    input:
    tuple val(number), val(pieces), val(model), val(fasta), val(out)

    output:
    val number

    script:
    """
    dlg predict '${model}' --fasta '${fasta}' --tile 200 --resize center -o '${out}' \\
        --shard ${number}/${pieces}
    """
}

process merge {
    input:
    val done
    val out

    script:
    """
    dlg merge '${out}'
    """
}

workflow {
    // Tasks run in folders of their own: file() makes the paths absolute.
    def fasta = file(params.fasta, checkIfExists: true)
    def out = file(params.out)
    def pieces = params.pieces.toInteger()
    piece(channel.of(1..pieces).map { number -> [number, pieces, params.model, fasta, out] })
    merge(piece.out.collect(), out)
}
