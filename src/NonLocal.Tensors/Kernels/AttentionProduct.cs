using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>Products of packed panels that are added to what is there, on top of <see cref="MicroKernel"/>.</summary>
internal static unsafe class AttentionProduct<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    /// <summary>C += factor · left · right for one register tile.</summary>
    /// <param name="left">[steps, rows].</param>
    /// <param name="right">[steps, columns].</param>
    /// <param name="steps">The inner length.</param>
    /// <param name="factor">What the product is multiplied by.</param>
    /// <param name="c">The tile.</param>
    /// <param name="stride">Floats between the tile's rows.</param>
    /// <param name="height">Rows that exist; at most those of a register tile.</param>
    /// <param name="width">Columns that exist; at most those of a register tile.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* left, float* right, nint steps, float factor, float* c, nint stride, int height, int width)
    {
        // C comes from the farther caches while the sums are made.
        for (int row = 0; row < height; row++)
        {
            CachePrefetch.Near(c + (row * stride), width);
        }

        float* tile = stackalloc float[MicroKernel.RoomForTile];
        tile = MicroKernel.Align(tile);
        MicroKernel.Run<TVector>(left, right, steps, tile);
        int columns = MicroKernel.Columns<TVector>();
        if (width < columns)
        {
            AddNarrow(tile, factor, c, stride, height, width);
            return;
        }

        TVector factors = TVector.Broadcast(factor);
        for (int row = 0; row < height; row++, tile += columns, c += stride)
        {
            TVector first = TVector.Load(c);
            TVector second = TVector.Load(c + TVector.Width);
            TVector.Store(TVector.MultiplyAdd(TVector.Load(tile), factors, first), c);
            TVector.Store(TVector.MultiplyAdd(TVector.Load(tile + TVector.Width), factors, second), c + TVector.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddNarrow(float* tile, float factor, float* c, nint stride, int height, int width)
    {
        for (int row = 0; row < height; row++, tile += MicroKernel.Columns<TVector>(), c += stride)
        {
            for (int column = 0; column < width; column++)
            {
                c[column] += factor * tile[column];
            }
        }
    }
}
