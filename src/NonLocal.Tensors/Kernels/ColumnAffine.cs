using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>A function of an element, the element of a second table at the same place, and constants of the column.</summary>
internal interface IColumnFunction
{
    /// <summary>How many constants a column has: 3 or 4.</summary>
    static abstract int Constants { get; }

    static abstract T Apply<T>(T first, T second, T c0, T c1, T c2, T c3)
        where T : unmanaged, ISimd<T>;
}

/// <summary>Writes a function of every element of [batch, rows, columns] with constants for every column of every sample.</summary>
internal static unsafe class ColumnAffine
{
    /// <summary>Transforms; <paramref name="y"/> may lie over an operand.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="first">The first table.</param>
    /// <param name="second">The second table.</param>
    /// <param name="constants">[batch, constants, <see cref="ColumnTile.Width"/>].</param>
    /// <param name="y">The result.</param>
    public static void Run<T, TFunction>(WorkerPool pool, NormalizationSize size, float* first, float* second, float* constants, float* y)
        where T : unmanaged, ISimd<T>
        where TFunction : unmanaged, IColumnFunction
    {
        Job<T, TFunction> job = new() { Size = size, First = first, Second = second, Constants = constants, Y = y };
        pool.Run(ref job, (int)(((size.Batch * size.Tiles) + size.TilesPerPart - 1) / size.TilesPerPart));
    }

    private struct Job<T, TFunction> : IParallelJob
        where T : unmanaged, ISimd<T>
        where TFunction : unmanaged, IColumnFunction
    {
        public NormalizationSize Size;
        public float* First;
        public float* Second;
        public float* Constants;
        public float* Y;

        public readonly void Execute(int index, int worker)
        {
            int columns = Size.Columns;
            int folded = ColumnTile.Folded(columns);
            int width = folded * columns;
            long end = Math.Min((index + 1L) * Size.TilesPerPart, Size.Batch * Size.Tiles);
            for (long tile = index * Size.TilesPerPart; tile < end; tile++)
            {
                long sample = tile / Size.Tiles;
                long start = tile % Size.Tiles * ColumnTile.Rows(columns);
                long count = Math.Min(ColumnTile.Rows(columns), Size.Rows - start);
                nint offset = (nint)(((sample * Size.Rows) + start) * columns);
                float* constants = Constants + (nint)(sample * TFunction.Constants * width);
                long wideRows = count / folded;
                for (long row = 0; row < wideRows; row++)
                {
                    TransformRow(offset + (nint)(row * width), constants, width, width);
                }

                for (long row = wideRows * folded; row < count; row++)
                {
                    TransformRow(offset + (nint)(row * columns), constants, width, columns);
                }
            }
        }

        private readonly void TransformRow(nint offset, float* constants, int width, int count)
        {
            float* first = First + offset;
            float* second = Second + offset;
            float* y = Y + offset;
            float* c1 = constants + width;
            float* c2 = c1 + width;
            float* c3 = TFunction.Constants > 3 ? c2 + width : c2;
            int i = 0;
            for (; i <= count - T.Width; i += T.Width)
            {
                T value = TFunction.Apply(
                    T.Load(first + i), T.Load(second + i), T.Load(constants + i), T.Load(c1 + i), T.Load(c2 + i), T.Load(c3 + i));
                T.Store(value, y + i);
            }

            if (i < count)
            {
                int left = count - i;
                T value = TFunction.Apply(
                    SimdExtensions.LoadPartial<T>(first + i, left),
                    SimdExtensions.LoadPartial<T>(second + i, left),
                    SimdExtensions.LoadPartial<T>(constants + i, left),
                    SimdExtensions.LoadPartial<T>(c1 + i, left),
                    SimdExtensions.LoadPartial<T>(c2 + i, left),
                    SimdExtensions.LoadPartial<T>(c3 + i, left));
                SimdExtensions.StorePartial(value, y + i, left);
            }
        }
    }
}
