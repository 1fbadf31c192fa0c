namespace NonLocal.Tensors.Kernels;

/// <summary>What the backward pass of softmax attention reads and writes besides the forward pass's operands.</summary>
public unsafe struct AttentionGradients
{
    /// <summary>The gradient of Y, [batch, N, e].</summary>
    public BatchedRows DY { get; set; }

    /// <summary>Receives the gradient of Q, [batch, N, d].</summary>
    public BatchedRows DQ { get; set; }

    /// <summary>Receives the gradient of K, [batch, M, d].</summary>
    public BatchedRows DK { get; set; }

    /// <summary>Receives the gradient of V, [batch, M, e].</summary>
    public BatchedRows DV { get; set; }

    /// <summary>Receives the gradient of the key bias, [batch, M] without gaps, or null.</summary>
    public float* DKeyBias { get; set; }

    /// <summary>DQ, DK and DV hold gradients already, to which these are added. Y is then that of all keys together.</summary>
    public bool Adds { get; set; }
}
