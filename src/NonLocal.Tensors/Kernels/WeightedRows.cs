using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Products with a vector whose output is a sum of whole rows: y[c] = Σ_k w[k]·x[k, c]. The table x is read once and in the order in which
/// it lies, which is all that such a product costs.
/// </summary>
/// <remarks>The rows are cut into parts whose size depends on the table's alone; the parts' sums are added in order.</remarks>
internal unsafe struct WeightedRows : IParallelJob
{
    private const int Together = 8;
    private const int LeastColumns = 32;
    private const int LeastWork = 1 << 14;
    private const int FloatsPerPart = 1 << 15;

    private int batch;
    private int rows;
    private int columns;
    private Matrix weights;
    private Matrix table;
    private float* partials;

    private readonly int RowsPerPart => Math.Max(Together, FloatsPerPart / columns / Together * Together);

    private readonly int Parts => (rows + RowsPerPart - 1) / RowsPerPart;

    /// <summary>Floats of scratch that <see cref="TryRun"/> needs, whichever side the vector is on.</summary>
    public static long ScratchFloats(ProductSizes sizes)
    {
        WeightedRows job = new() { rows = sizes.Inner, columns = Math.Max(sizes.Rows, sizes.Columns) };
        return Suits(sizes) ? (long)sizes.Batch * job.Parts * job.columns : 0;
    }

    /// <summary>Computes the product if it is one with a vector over a table whose rows lie in one piece; says whether it was.</summary>
    public static bool TryRun(
        WorkerPool pool, ProductSizes sizes, Matrix left, Matrix right, Matrix output, in ProductEpilogue epilogue, float* scratch)
    {
        bool isRow = sizes.Rows == 1 && right.ColumnStride == 1;
        bool isColumn = sizes.Columns == 1 && left.RowStride == 1 && output.RowStride == 1
            && epilogue.Bias == null && epilogue.Residual.Data == null;
        if (!Suits(sizes) || !(isRow || isColumn))
        {
            return false;
        }

        WeightedRows job = new()
        {
            batch = sizes.Batch,
            rows = sizes.Inner,
            columns = isRow ? sizes.Columns : sizes.Rows,
            weights = isRow ? left : right.Transposed,
            table = isRow ? right : left.Transposed,
            partials = scratch,
        };
        pool.Run(ref job, job.batch * job.Parts);
        for (int b = 0; b < job.batch; b++)
        {
            job.Finish(b, output.At(b, 0, 0), epilogue);
        }

        return true;
    }

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

    private static bool Suits(ProductSizes sizes) =>
        Math.Min(sizes.Rows, sizes.Columns) == 1
        && Math.Max(sizes.Rows, sizes.Columns) >= LeastColumns
        && sizes.Inner >= Together
        && (long)Math.Max(sizes.Rows, sizes.Columns) * sizes.Inner >= LeastWork;

    private readonly float* Partial(int b, int part) => partials + (((b * (nint)Parts) + part) * columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index)
        where T : unmanaged, ISimd<T>
    {
        (int b, int part) = Math.DivRem(index, Parts);
        int row = part * RowsPerPart;
        int end = Math.Min(rows, row + RowsPerPart);
        float* sums = Partial(b, part);
        new Span<float>(sums, columns).Clear();
        for (; row + Together <= end; row += Together)
        {
            AddEight<T>(b, row, sums);
        }

        for (; row < end; row++)
        {
            float weight = *weights.At(b, 0, row);
            float* x = table.At(b, row, 0);
            for (int c = 0; c < columns; c++)
            {
                sums[c] += weight * x[c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddEight<T>(int b, int row, float* sums)
        where T : unmanaged, ISimd<T>
    {
        float* x = table.At(b, row, 0);
        nint step = table.RowStride;
        float* w = weights.At(b, 0, row);
        nint next = weights.ColumnStride;
        (T w0, T w1, T w2, T w3) = (T.Broadcast(w[0]), T.Broadcast(w[next]), T.Broadcast(w[2 * next]), T.Broadcast(w[3 * next]));
        w += 4 * next;
        (T w4, T w5, T w6, T w7) = (T.Broadcast(w[0]), T.Broadcast(w[next]), T.Broadcast(w[2 * next]), T.Broadcast(w[3 * next]));
        float* upper = x + (4 * step);
        int c = 0;
        for (; c + T.Width <= columns; c += T.Width)
        {
            T first = T.MultiplyAdd(w0, T.Load(x + c), T.Load(sums + c));
            T second = w4 * T.Load(upper + c);
            first = T.MultiplyAdd(w1, T.Load(x + step + c), first);
            second = T.MultiplyAdd(w5, T.Load(upper + step + c), second);
            first = T.MultiplyAdd(w2, T.Load(x + (2 * step) + c), first);
            second = T.MultiplyAdd(w6, T.Load(upper + (2 * step) + c), second);
            first = T.MultiplyAdd(w3, T.Load(x + (3 * step) + c), first);
            second = T.MultiplyAdd(w7, T.Load(upper + (3 * step) + c), second);
            T.Store(first + second, sums + c);
        }

        for (; c < columns; c++)
        {
            for (int i = 0; i < Together; i++)
            {
                sums[c] += *weights.At(b, 0, row + i) * x[(i * step) + c];
            }
        }
    }

    private readonly void Finish(int b, float* to, in ProductEpilogue epilogue)
    {
        float* sums = Partial(b, 0);
        for (int part = 1; part < Parts; part++)
        {
            float* partial = Partial(b, part);
            for (int c = 0; c < columns; c++)
            {
                sums[c] += partial[c];
            }
        }

        epilogue.At(b, 0).Write<Simd128>(sums, to, 0, columns, epilogue.Accumulate, last: true);
    }
}
