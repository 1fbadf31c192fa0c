namespace NonLocal.Tensors.Kernels;

/// <summary>The sizes of a softmax attention.</summary>
/// <param name="Batch">Independent maps.</param>
/// <param name="Queries">N, rows of the map.</param>
/// <param name="Keys">M, columns of the map.</param>
/// <param name="KeyWidth">d, the width of queries and keys.</param>
/// <param name="ValueWidth">e, the width of values and results.</param>
public readonly record struct AttentionSize(int Batch, int Queries, int Keys, int KeyWidth, int ValueWidth)
{
    internal static int DivideUp(long count, int size) => (int)((count + size - 1) / size);

    internal static int RoundUp(int count, int size) => DivideUp(count, size) * size;
}
