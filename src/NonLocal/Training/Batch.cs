namespace NonLocal.Training;

/// <summary>Some samples in one piece of memory.</summary>
public sealed class Batch
{
    internal Batch(long inputs, long targets)
    {
        Inputs = new float[inputs];
        Targets = new float[targets];
    }

    /// <summary>The epoch that it belongs to.</summary>
    public int Epoch { get; internal set; }

    /// <summary>Its number in the epoch.</summary>
    public int Index { get; internal set; }

    /// <summary>How many samples it has: fewer than a batch at the end of an evaluation. The rest of the memory is zero.</summary>
    public int Rows { get; internal set; }

    /// <summary>[batch, input shape…].</summary>
    public float[] Inputs { get; }

    /// <summary>[batch, target shape…].</summary>
    public float[] Targets { get; }
}
