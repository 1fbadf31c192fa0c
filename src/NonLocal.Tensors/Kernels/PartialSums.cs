using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Adds the buffers of a product whose inner length was cut into parts, in the order of the parts, and applies the epilogue.
/// </summary>
internal unsafe struct PartialSums<TLeft> : IParallelJob
    where TLeft : unmanaged, ILeftSource
{
    private const int Chunk = 64;
    private const int FloatsPerPart = 1 << 14;

    public ProductSizes Sizes;
    public int Splits;

    /// <summary>Knows which row of the output each row of the product is.</summary>
    public TLeft Left;

    public float* Partials;
    public Matrix Output;
    public ProductEpilogue Epilogue;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Sizes.Batch * PartsPerProduct;

    private readonly int RowsPerPart => Math.Max(1, FloatsPerPart / Math.Max(1, Sizes.Columns));

    private readonly int PartsPerProduct => (Sizes.Rows + RowsPerPart - 1) / RowsPerPart;

    public readonly void Execute(int index, int worker)
    {
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(index);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(index);
        }
        else
        {
            Execute<Simd128>(index);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index)
        where T : unmanaged, ISimd<T>
    {
        int batch = index / PartsPerProduct;
        int first = index % PartsPerProduct * RowsPerPart;
        int end = Math.Min(Sizes.Rows, first + RowsPerPart);
        nint size = (nint)Sizes.Rows * Sizes.Columns;
        float* sums = stackalloc float[Chunk];
        for (int column = 0; column < Sizes.Columns; column += Chunk)
        {
            int columns = Math.Min(Chunk, Sizes.Columns - column);
            ProductEpilogue epilogue = Epilogue.At(batch, column);
            for (int row = first; row < end; row++)
            {
                float* partial = Partials + (batch * Splits * size) + ((nint)row * Sizes.Columns) + column;
                new ReadOnlySpan<float>(partial, columns).CopyTo(new Span<float>(sums, columns));
                for (int split = 1; split < Splits; split++)
                {
                    partial += size;
                    default(ProductEpilogue).Write<T>(partial, sums, row, columns, add: true, last: false);
                }

                nint number;
                Left.OutputRows(row, 1, &number);
                epilogue.Write<T>(sums, Output.At(batch, number, column), number, columns, epilogue.Accumulate, last: true);
            }
        }
    }
}
