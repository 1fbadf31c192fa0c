namespace NonLocal.Tensors.Kernels;

/// <summary>What softmax attention reads and writes.</summary>
public unsafe struct AttentionOperands
{
    /// <summary>The sizes; all at least 1.</summary>
    public AttentionSize Size { get; set; }

    /// <summary>Queries, [batch, N, d].</summary>
    public BatchedRows Q { get; set; }

    /// <summary>Keys, [batch, M, d].</summary>
    public BatchedRows K { get; set; }

    /// <summary>Values, [batch, M, e].</summary>
    public BatchedRows V { get; set; }

    /// <summary>What is added to a key's scores, [batch, M] without gaps, or null.</summary>
    public float* KeyBias { get; set; }

    /// <summary>What the products of queries and keys are multiplied by.</summary>
    public float Scale { get; set; }

    /// <summary>Results, [batch, N, e].</summary>
    public BatchedRows Y { get; set; }

    /// <summary>The logarithm of each row's sum of exponentials, [batch, N, 1]; without gaps where there are many keys.</summary>
    public BatchedRows LogSums { get; set; }

    /// <summary>
    /// Y and the log-sums hold what the same queries have read from other keys, and these keys join them: together they are one softmax.
    /// </summary>
    public bool Continues { get; set; }

    /// <summary>A query does not read the key of its own number.</summary>
    public bool SkipsOwn { get; set; }
}
