using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Where a product takes its left matrix from: memory, or the windows of a feature map.</summary>
internal unsafe interface ILeftSource
{
    /// <summary>Packs rows × k of product <paramref name="batch"/> into panels [k, panelRows].</summary>
    void Pack<T>(int batch, int row, int rows, int k, int length, int panelRows, float* to, nint panelStride)
        where T : unmanaged, ISimd<T>;

    /// <summary>The output rows that rows <paramref name="row"/>, row+1, … of the product are written to.</summary>
    void OutputRows(int row, int rows, nint* to);
}

/// <summary>A left matrix in memory.</summary>
internal readonly unsafe struct MatrixSource(Matrix matrix) : ILeftSource
{
    public void Pack<T>(int batch, int row, int rows, int k, int length, int panelRows, float* to, nint panelStride)
        where T : unmanaged, ISimd<T> =>
        PanelPacking.Pack<T>(matrix.At(batch, row, k), matrix.RowStride, matrix.ColumnStride, rows, length, panelRows, to, panelStride);

    public void OutputRows(int row, int rows, nint* to)
    {
        for (int i = 0; i < rows; i++)
        {
            to[i] = row + i;
        }
    }
}

/// <summary>
/// The packed product: each task computes one tile of the output over one part of the inner length. Generic over where the left matrix
/// comes from.
/// </summary>
internal unsafe struct ProductJob<TLeft> : IParallelJob
    where TLeft : unmanaged, ILeftSource
{
    // Right panels that are multiplied with one left panel after the other.
    private const int PanelsInBlock = 4;

    public ProductPlan Plan;
    public TLeft Left;
    public Matrix Right;

    /// <summary>The right matrix in packed form, or null.</summary>
    public float* PackedRight;

    public nint PackedBatchStride;
    public Matrix Output;
    public ProductEpilogue Epilogue;

    /// <summary><see cref="ProductPlan.PartialFloats"/> floats.</summary>
    public float* Partials;

    /// <summary><see cref="ProductPlan.WorkerFloats"/> floats for each worker.</summary>
    public float* WorkerScratch;

    public readonly void Execute(int index, int worker)
    {
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(index, worker);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(index, worker);
        }
        else
        {
            Execute<Simd128>(index, worker);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, int worker)
        where T : unmanaged, ISimd<T>
    {
        ProductTask task = new(Plan, index);
        float* left = WorkerScratch + ((nint)worker * Plan.WorkerFloats);
        float* right = left + Plan.LeftFloats;
        nint* rowNumbers = (nint*)(right + Plan.RightFloats);
        ProductEpilogue epilogue = Epilogue.At(task.Batch, task.Column);
        float* output = Output.At(task.Batch, 0, task.Column);
        nint outputStride = Output.RowStride;
        if (Plan.Splits == 1)
        {
            Left.OutputRows(task.Row, task.Rows, rowNumbers);
        }
        else
        {
            // The parts are finished together, when all are there; until then their rows lie one after the other.
            for (int i = 0; i < task.Rows; i++)
            {
                rowNumbers[i] = task.Row + i;
            }

            epilogue = default;
            outputStride = Plan.Sizes.Columns;
            output = Partials + ((((nint)task.Batch * Plan.Splits) + task.Split) * Plan.Sizes.Rows * outputStride) + task.Column;
        }

        // Once at least: a product over nothing is zero.
        int k = task.K;
        do
        {
            int length = Math.Min(Plan.InnerLength, task.EndK - k);
            Left.Pack<T>(task.Batch, task.Row, task.Rows, k, length, Plan.PanelRows, left, Plan.LeftPanelStride);
            RightBlock block = PackRight<T>(task, k, length, right);
            bool add = k > task.K || epilogue.Accumulate;
            bool last = k + length == task.EndK;
            Multiply<T>(task, length, left, block, new Destination(output, outputStride, rowNumbers, epilogue, add, last));
            k += length;
        }
        while (k < task.EndK);
    }

    private readonly RightBlock PackRight<T>(in ProductTask task, int k, int length, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        if (PackedRight != null)
        {
            nint stride = (nint)Plan.Sizes.Inner * Plan.PanelColumns;
            float* panels = PackedRight + (task.Batch * PackedBatchStride);
            return new RightBlock(panels + (task.Column / Plan.PanelColumns * stride) + ((nint)k * Plan.PanelColumns), stride);
        }

        PanelPacking.Pack<T>(
            Right.At(task.Batch, k, task.Column), Right.ColumnStride, Right.RowStride, task.Columns,
            length, Plan.PanelColumns, scratch, Plan.RightPanelStride);
        return new RightBlock(scratch, Plan.RightPanelStride);
    }

    // A left panel stays in the first-level cache while some right panels, which stay in the second-level cache, pass by.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply<T>(in ProductTask task, int length, float* left, RightBlock right, in Destination to)
        where T : unmanaged, ISimd<T>
    {
        float* tile = stackalloc float[MicroKernel.RoomForTile];
        tile = MicroKernel.Align(tile);
        int panelRows = Plan.PanelRows;
        int panelColumns = Plan.PanelColumns;
        int tileStride = Plan.IsTall ? T.Width : panelColumns;
        for (int first = 0; first < task.Columns; first += PanelsInBlock * panelColumns)
        {
            int end = Math.Min(task.Columns, first + (PanelsInBlock * panelColumns));
            for (int row = 0; row < task.Rows; row += panelRows)
            {
                float* leftPanel = left + (row / panelRows * (nint)Plan.LeftPanelStride);
                int rows = Math.Min(panelRows, task.Rows - row);
                for (int column = first; column < end; column += panelColumns)
                {
                    float* rightPanel = right.Panels + (column / panelColumns * right.PanelStride);
                    int columns = Math.Min(panelColumns, task.Columns - column);
                    float* output = to.Output + column;

                    // The output comes from the farther caches while the sums are made.
                    ProductEpilogue epilogue = to.Epilogue.At(0, column);
                    Matrix residual = to.Last ? epilogue.Residual : default;
                    for (int i = 0; i < rows; i++)
                    {
                        nint number = to.RowNumbers[row + i];
                        CachePrefetch.Near(output + (number * to.Stride), columns);
                        if (residual.Data != null)
                        {
                            CachePrefetch.Near(residual.Data + (number * residual.RowStride), columns);
                        }
                    }

                    if (Plan.IsTall)
                    {
                        TallKernel.Run<T>(leftPanel, 1, panelRows, panelRows, rightPanel, panelColumns, length, tile);
                    }
                    else
                    {
                        MicroKernel.Run<T>(panelRows, leftPanel, rightPanel, length, tile);
                    }

                    if (columns == 2 * T.Width && !Plan.IsTall)
                    {
                        epilogue.WriteWide<T>(tile, output, to.Stride, to.RowNumbers + row, rows, to.Add, to.Last);
                        continue;
                    }

                    for (int i = 0; i < rows; i++)
                    {
                        nint number = to.RowNumbers[row + i];
                        epilogue.Write<T>(tile + (i * tileStride), output + (number * to.Stride), number, columns, to.Add, to.Last);
                    }
                }
            }
        }
    }

    private readonly struct RightBlock(float* panels, nint panelStride)
    {
        public readonly float* Panels = panels;
        public readonly nint PanelStride = panelStride;
    }

    private readonly struct Destination(float* output, nint stride, nint* rowNumbers, ProductEpilogue epilogue, bool add, bool last)
    {
        public readonly float* Output = output;
        public readonly nint Stride = stride;
        public readonly nint* RowNumbers = rowNumbers;
        public readonly ProductEpilogue Epilogue = epilogue;
        public readonly bool Add = add;
        public readonly bool Last = last;
    }
}

/// <summary>One task of a <see cref="ProductPlan"/>: which part of the output, over which part of the inner length.</summary>
internal readonly struct ProductTask
{
    public ProductTask(in ProductPlan plan, int index)
    {
        int tiles = plan.RowTiles * plan.ColumnTiles;
        int rest = index % tiles;
        Split = index / tiles % plan.Splits;
        Batch = index / tiles / plan.Splits;
        Row = rest % plan.RowTiles * plan.RowTile;
        Column = rest / plan.RowTiles * plan.ColumnTile;
        Rows = Math.Min(plan.RowTile, plan.Sizes.Rows - Row);
        Columns = Math.Min(plan.ColumnTile, plan.Sizes.Columns - Column);
        K = Split * plan.SplitLength;
        EndK = Math.Min(plan.Sizes.Inner, K + plan.SplitLength);
    }

    public int Batch { get; }

    public int Split { get; }

    public int Row { get; }

    public int Rows { get; }

    public int Column { get; }

    public int Columns { get; }

    public int K { get; }

    public int EndK { get; }
}
