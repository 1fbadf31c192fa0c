namespace NonLocal.Tensors.Kernels;

/// <summary>Sizes of <paramref name="Batch"/> products [rows, inner] · [inner, columns].</summary>
/// <param name="Batch">How many products.</param>
/// <param name="Rows">Rows of the left matrix and the output.</param>
/// <param name="Columns">Columns of the right matrix and the output.</param>
/// <param name="Inner">The length that is summed over.</param>
public readonly record struct ProductSizes(int Batch, int Rows, int Columns, int Inner)
{
    /// <summary>Multiply-adds of all products.</summary>
    public long MultiplyAdds => (long)Batch * Rows * Columns * Inner;
}
