using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Matrix products: packed panels, register tiles, cache blocks. The same bits for any number of threads.</summary>
public static unsafe class MatrixProduct
{
    private static int Width => SimdWidth.Bits / 32;

    /// <summary>Size of the packed form of a right matrix [inner, columns].</summary>
    public static long PackedFloats(int inner, int columns) => (long)inner * ((columns + (2 * Width) - 1) / (2 * Width)) * 2 * Width;

    /// <summary>Makes the packed form of a right matrix (the first of a batch), to be used in many products.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="right">The matrix [inner, columns].</param>
    /// <param name="inner">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="packed"><see cref="PackedFloats"/> floats.</param>
    public static void PackRight(WorkerPool pool, Matrix right, int inner, int columns, float* packed) =>
        PackRightRows(pool, right, 0, inner, inner, columns, packed);

    /// <summary>Whether <see cref="Multiply"/> is faster without the packed form, given that the left matrix is not transposed.</summary>
    public static bool PrefersUnpacked(ProductSizes sizes) => RowDots.Suits(sizes);

    /// <summary>How many floats of scratch memory <see cref="Multiply"/> needs.</summary>
    public static long ScratchFloats(ProductSizes sizes, int threads) => Math.Max(
        WeightedRows.ScratchFloats(sizes),
        DirectProduct.Suits(sizes, Width)
            ? (long)threads * DirectProduct.WorkerFloats(sizes)
            : ScratchFloats(Plan(sizes), threads));

    /// <summary>output = epilogue(left · right), for every product of the batch.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="sizes">The sizes. An inner length of 0 gives sums of 0.</param>
    /// <param name="left">[rows, inner].</param>
    /// <param name="right">[inner, columns]; not read when <paramref name="packedRight"/> is given.</param>
    /// <param name="packedRight">The right matrix, shared by the batch, from <see cref="PackRight"/>; or null.</param>
    /// <param name="output">[rows, columns], contiguous rows; overlaps no input.</param>
    /// <param name="epilogue">Applied to every element before it is written for the last time.</param>
    /// <param name="scratch"><see cref="ScratchFloats(ProductSizes, int)"/> floats, at a 64-byte boundary for speed.</param>
    public static void Multiply(
        WorkerPool pool, ProductSizes sizes, Matrix left, Matrix right, float* packedRight, Matrix output,
        in ProductEpilogue epilogue, float* scratch)
    {
        if (packedRight == null && (RowDots.TryRun(pool, sizes, left, right, output, epilogue)
            || WeightedRows.TryRun(pool, sizes, left, right, output, epilogue, scratch)))
        {
            return;
        }

        if (DirectProduct.Suits(sizes, Width))
        {
            DirectProduct direct = new()
            {
                Sizes = sizes,
                Left = left,
                Right = right,
                PackedRight = packedRight,
                Output = output,
                Epilogue = epilogue,
                WorkerScratch = scratch,
            };
            pool.Run(ref direct, direct.Parts);
            return;
        }

        ProductJob<MatrixSource> job = new()
        {
            Plan = Plan(sizes),
            Left = new MatrixSource(left),
            Right = right,
            PackedRight = packedRight,
            Output = output,
            Epilogue = epilogue,
        };
        Run(pool, ref job, scratch);
    }

    internal static ProductPlan Plan(ProductSizes sizes) => new(sizes, Width, WideRows(sizes.Rows));

    internal static ProductPlan PlanOfPart(ProductSizes sizes, int mostColumns) =>
        ProductPlan.OfPart(sizes, Width, WideRows(sizes.Rows), mostColumns);

    internal static long ScratchFloats(in ProductPlan plan, int threads) =>
        RoundUp(plan.PartialFloats) + (plan.PacksRightFirst ? plan.PackedRightFloats : 0) + ((long)threads * plan.WorkerFloats);

    /// <summary>Runs a packed product and, when its inner length is split, the addition of the parts.</summary>
    internal static void Run<TLeft>(WorkerPool pool, ref ProductJob<TLeft> job, float* scratch)
        where TLeft : unmanaged, ILeftSource
    {
        job.Partials = scratch;
        job.WorkerScratch = scratch + RoundUp(job.Plan.PartialFloats);
        if (job.PackedRight == null && job.Plan.PacksRightFirst)
        {
            PackRight(pool, job.Right, job.Plan.Sizes.Inner, job.Plan.Sizes.Columns, job.WorkerScratch);
            job.PackedRight = job.WorkerScratch;
            job.WorkerScratch += job.Plan.PackedRightFloats;
        }

        pool.Run(ref job, job.Plan.Tasks);
        if (job.Plan.Splits > 1)
        {
            PartialSums<TLeft> sums = new()
            {
                Sizes = job.Plan.Sizes,
                Left = job.Left,
                Splits = job.Plan.Splits,
                Partials = scratch,
                Output = job.Output,
                Epilogue = job.Epilogue,
            };
            pool.Run(ref sums, sums.Parts);
        }
    }

    /// <summary>Packs rows of a right matrix into their place in the packed form of all <paramref name="inner"/> rows.</summary>
    internal static void PackRightRows(
        WorkerPool pool, Matrix rightRows, int firstRow, int rows, int inner, int columns, float* packed)
    {
        RightPacking packing = new()
        {
            Right = rightRows,
            First = firstRow,
            Rows = rows,
            Inner = inner,
            Columns = columns,
            Packed = packed,
        };
        pool.Run(ref packing, packing.Parts);
    }

    /// <summary>The same on the calling thread.</summary>
    internal static void PackRightRows(Matrix rightRows, int firstRow, int rows, int inner, int columns, float* packed)
    {
        if (SimdWidth.Is512)
        {
            PackRightRows<Simd512>(rightRows, firstRow, rows, inner, columns, packed);
        }
        else if (SimdWidth.Is256)
        {
            PackRightRows<Simd256>(rightRows, firstRow, rows, inner, columns, packed);
        }
        else
        {
            PackRightRows<Simd128>(rightRows, firstRow, rows, inner, columns, packed);
        }
    }

    private static void PackRightRows<T>(Matrix rightRows, int firstRow, int rows, int inner, int columns, float* packed)
        where T : unmanaged, ISimd<T>
    {
        int lanes = MicroKernel.Columns<T>();
        PanelPacking.Pack<T>(
            rightRows.Data, rightRows.ColumnStride, rightRows.RowStride, columns, rows,
            lanes, packed + ((nint)firstRow * lanes), (nint)inner * lanes);
    }

    private static int WideRows(int rows) => Width == 16 ? MicroKernel.RowsFor<Simd512>(rows)
        : Width == 8 ? MicroKernel.RowsFor<Simd256>(rows)
        : MicroKernel.RowsFor<Simd128>(rows);

    private static long RoundUp(long floats) => (floats + 15) / 16 * 16;
}
