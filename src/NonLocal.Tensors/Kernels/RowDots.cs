using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Products with a vector whose output has one number for each row of a table: y[r] = Σ_k x[r, k]·w[k]. The table is read once and in the
/// order in which it lies, without packing.
/// </summary>
internal unsafe struct RowDots : IParallelJob
{
    private const int Together = 4;
    private const int LeastInner = 16;
    private const int FloatsPerPart = 1 << 15;

    private ProductSizes sizes;
    private Matrix table;
    private Matrix vector;
    private Matrix output;
    private ProductEpilogue epilogue;

    private readonly int RowsPerPart => Math.Max(Together, FloatsPerPart / sizes.Inner / Together * Together);

    private readonly int Parts => (sizes.Rows + RowsPerPart - 1) / RowsPerPart;

    /// <summary>Whether a product is of this kind, given that its table's rows lie in one piece.</summary>
    public static bool Suits(ProductSizes sizes) => sizes is { Columns: 1, Rows: >= Together, Inner: >= LeastInner };

    /// <summary>Computes the product if it is one with a vector over a table whose rows lie in one piece; says whether it was.</summary>
    public static bool TryRun(
        WorkerPool pool, ProductSizes sizes, Matrix left, Matrix right, Matrix output, in ProductEpilogue epilogue)
    {
        if (!Suits(sizes) || left.ColumnStride != 1 || right.RowStride != 1)
        {
            return false;
        }

        RowDots job = new() { sizes = sizes, table = left, vector = right, output = output, epilogue = epilogue };
        pool.Run(ref job, sizes.Batch * job.Parts);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index)
        where T : unmanaged, ISimd<T>
    {
        (int batch, int part) = Math.DivRem(index, Parts);
        ProductEpilogue own = epilogue.At(batch, 0);
        float* w = vector.At(batch, 0, 0);
        float* sums = stackalloc float[Together];
        bool isPlain = output.RowStride == 1 && own is { Accumulate: false, Relu: false } && own.Bias == null && own.Residual.Data == null;
        int end = Math.Min(sizes.Rows, (part + 1) * RowsPerPart);
        for (int row = part * RowsPerPart; row < end; row += Together)
        {
            int count = Math.Min(Together, end - row);
            Sum<T>(table.At(batch, row, 0), count, w, sums);
            if (isPlain)
            {
                new ReadOnlySpan<float>(sums, count).CopyTo(new Span<float>(output.At(batch, row, 0), count));
                continue;
            }

            for (int i = 0; i < count; i++)
            {
                own.Write<T>(sums + i, output.At(batch, row + i, 0), row + i, 1, own.Accumulate, last: true);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Sum<T>(float* x, int count, float* w, float* sums)
        where T : unmanaged, ISimd<T>
    {
        // Rows that are missing at the end are the last one again.
        float* x1 = x + (Math.Min(1, count - 1) * table.RowStride);
        float* x2 = x + (Math.Min(2, count - 1) * table.RowStride);
        float* x3 = x + (Math.Min(3, count - 1) * table.RowStride);
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
        int k = 0;
        for (; k <= sizes.Inner - T.Width; k += T.Width)
        {
            T factor = T.Load(w + k);
            s0 = T.MultiplyAdd(T.Load(x + k), factor, s0);
            s1 = T.MultiplyAdd(T.Load(x1 + k), factor, s1);
            s2 = T.MultiplyAdd(T.Load(x2 + k), factor, s2);
            s3 = T.MultiplyAdd(T.Load(x3 + k), factor, s3);
        }

        SimdExtensions.Sums(s0, s1, s2, s3).Store(sums);
        for (; k < sizes.Inner; k++)
        {
            sums[0] += x[k] * w[k];
            sums[1] += x1[k] * w[k];
            sums[2] += x2[k] * w[k];
            sums[3] += x3[k] * w[k];
        }
    }
}
