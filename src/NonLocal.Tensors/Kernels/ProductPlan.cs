namespace NonLocal.Tensors.Kernels;

/// <summary>
/// How a product is cut into tasks. A function of its sizes and the register width alone, so results do not depend on threads.
/// </summary>
internal readonly struct ProductPlan
{
    /// <summary>
    /// The inner length is worked off in blocks of at most this size: a left panel of it (512×12 floats) lies in the first-level cache,
    /// the left block of a task (240 rows) and four right panels in the second-level cache.
    /// </summary>
    public const int InnerBlock = 512;

    // Lengths of parts and blocks are multiples of this, as packing turns blocks of 4×4.
    private const int InnerStep = 4;
    private const int MostRows = 240;
    private const int MostColumns = 512;
    private const int WantedTasks = 16;
    private const int LeastTasks = 8;
    private const int LeastRows = 24;
    private const int LeastSplit = 1024;

    // Outputs of up to half a megabyte may be cut into shorter parts, as their buffers are small.
    private const long SmallOutput = 1 << 17;

    // Below this, starting threads costs more than they save.
    private const long LeastWorkToShare = 1 << 17;

    /// <summary>The plan for given sizes.</summary>
    /// <param name="sizes">The product.</param>
    /// <param name="width">Floats in a register.</param>
    /// <param name="rowsOfWideTile">Rows of the micro-kernel's tile.</param>
    public ProductPlan(ProductSizes sizes, int width, int rowsOfWideTile)
        : this(sizes, width, rowsOfWideTile, sizes.MultiplyAdds >= LeastWorkToShare)
    {
    }

    /// <summary>The plan of tasks of all rows, for work that is one part of many.</summary>
    /// <param name="sizes">The product.</param>
    /// <param name="width">Floats in a register.</param>
    /// <param name="rowsOfWideTile">Rows of the micro-kernel's tile.</param>
    /// <param name="mostColumns">Output columns of a task, at the most.</param>
    public static ProductPlan OfPart(ProductSizes sizes, int width, int rowsOfWideTile, int mostColumns) =>
        new(sizes, width, rowsOfWideTile, shared: false, mostColumns);

    private ProductPlan(ProductSizes sizes, int width, int rowsOfWideTile, bool shared, int mostColumns = MostColumns)
    {
        Sizes = sizes;
        PanelColumns = 2 * width;
        IsTall = sizes.Columns <= width;
        PanelRows = IsTall ? TallKernel.Rows : rowsOfWideTile;
        int rows = Math.Clamp(RoundUp(sizes.Rows, PanelRows), PanelRows, MostRows);
        int columns = Math.Clamp(RoundUp(sizes.Columns, PanelColumns), PanelColumns, mostColumns);
        int splits = 1;
        if (shared)
        {
            if (sizes.Inner >= 2 * LeastSplit && sizes.Inner > 2 * Math.Max(sizes.Rows, sizes.Columns))
            {
                bool isSmall = (long)sizes.Rows * sizes.Columns <= SmallOutput;
                int most = isSmall ? Ceiling(sizes.Inner, InnerBlock) : sizes.Inner / LeastSplit;
                splits = (int)Math.Clamp(WantedTasks / Tiles(sizes, rows, columns), 1, most);

                // An odd number of parts, 9 of 512 at 49×512×4608, leaves the second of two threads idle for a whole one.
                splits += isSmall && splits > 1 ? splits % 2 : 0;
            }

            // Cutting columns means packing parts of the left matrix more than once, cutting rows reading the right one more than once.
            bool columnsFirst = sizes.Columns > 2 * sizes.Rows;
            bool packsRight = splits == 1 && sizes.Batch == 1 && sizes.Columns <= sizes.Rows && sizes.Rows > 2 * PanelRows;
            if (packsRight)
            {
                // The right matrix is packed as a whole (PacksRightFirst) and passes by: its columns need no cutting.
                columns = RoundUp(sizes.Columns, PanelColumns);
                rows = BalancedRows(sizes.Rows);
            }

            while (columnsFirst && splits * Tiles(sizes, rows, columns) < LeastTasks && columns >= 4 * PanelColumns)
            {
                columns = RoundUp(columns / 2, PanelColumns);
            }

            int wanted = columnsFirst || packsRight || splits > 1 ? LeastTasks : WantedTasks;
            while (splits * Tiles(sizes, rows, columns) < wanted && rows >= 2 * LeastRows)
            {
                rows = RoundUp(rows / 2, PanelRows);
            }

            while (splits * Tiles(sizes, rows, columns) < LeastTasks && columns > PanelColumns)
            {
                columns = RoundUp(columns / 2, PanelColumns);
            }
        }

        RowTile = Math.Max(PanelRows, Even(sizes.Rows, rows, PanelRows));
        ColumnTile = Math.Max(PanelColumns, Even(sizes.Columns, columns, PanelColumns));
        SplitLength = Math.Max(1, RoundUp(Ceiling(sizes.Inner, splits), InnerStep));
        Splits = Math.Max(1, Ceiling(sizes.Inner, SplitLength));
        InnerLength = Math.Max(1, Even(Math.Min(sizes.Inner, SplitLength), InnerBlock, InnerStep));
        RowTiles = Ceiling(sizes.Rows, RowTile);
        ColumnTiles = Ceiling(sizes.Columns, ColumnTile);
    }

    public ProductSizes Sizes { get; }

    /// <summary>The output is no wider than a register, so that the tall kernel serves it.</summary>
    public bool IsTall { get; }

    /// <summary>Rows of a left panel.</summary>
    public int PanelRows { get; }

    /// <summary>Columns of a right panel.</summary>
    public int PanelColumns { get; }

    /// <summary>Output rows of a task.</summary>
    public int RowTile { get; }

    /// <summary>Output columns of a task.</summary>
    public int ColumnTile { get; }

    public int RowTiles { get; }

    public int ColumnTiles { get; }

    /// <summary>The inner length is cut into this many parts, whose sums are buffers that are added in order.</summary>
    public int Splits { get; }

    /// <summary>Inner length of one part.</summary>
    public int SplitLength { get; }

    /// <summary>Inner length of one block: a part is worked off in blocks of nearly the same size.</summary>
    public int InnerLength { get; }

    public int Tasks => Sizes.Batch * Splits * RowTiles * ColumnTiles;

    /// <summary>Buffers for the parts of the inner length; 0 when there is one part.</summary>
    public long PartialFloats => Splits == 1 ? 0 : (long)Sizes.Batch * Splits * Sizes.Rows * Sizes.Columns;

    /// <summary>Packed left block, packed right block and row numbers of one worker; a multiple of 64 bytes.</summary>
    public int WorkerFloats => LeftFloats + RightFloats + RoundUp(RowTile * sizeof(long) / sizeof(float), 16);

    /// <summary>Floats from one left panel to the next. A little more than the panel: strides of 4096 bytes collide in the cache.</summary>
    public int LeftPanelStride => RoundUp(InnerLength * PanelRows, 16) + 16;

    public int LeftFloats => RowTile / PanelRows * LeftPanelStride;

    /// <summary>Floats from one right panel of a worker's block to the next, likewise.</summary>
    public int RightPanelStride => RoundUp(InnerLength * PanelColumns, 16) + 16;

    public int RightFloats => PacksRightFirst ? 0 : ColumnTile / PanelColumns * RightPanelStride;

    /// <summary>
    /// Many tasks need the same part of the right matrix, so it is packed once before them, unless the caller has it packed. Not for
    /// right matrices larger than the left one, whose packed copy would be a burden.
    /// </summary>
    public bool PacksRightFirst => Sizes.Batch == 1 && RowTiles > 2 && Sizes.Columns <= Sizes.Rows && Splits == 1;

    /// <summary>Size of the packed right matrix.</summary>
    public long PackedRightFloats => (long)Sizes.Inner * RoundUp(Sizes.Columns, PanelColumns);

    // Rows of a task, as many as the caches hold or eight threads leave, but so that threads end at nearly the same time.
    private int BalancedRows(int rows)
    {
        int panels = Ceiling(rows, PanelRows);
        int most = Math.Clamp(panels / LeastTasks, 1, MostRows / PanelRows);
        int best = most;
        for (int size = most - 1; size >= Math.Max(1, most / 2); size--)
        {
            if (Longest(panels, size) < Longest(panels, best))
            {
                best = size;
            }
        }

        return best * PanelRows;
    }

    // Panels that the busiest of eight threads works on.
    private static int Longest(int panels, int size) => Ceiling(Ceiling(panels, size), 8) * size;

    private static long Tiles(ProductSizes sizes, int rows, int columns) =>
        (long)sizes.Batch * Ceiling(sizes.Rows, rows) * Ceiling(sizes.Columns, columns);

    // The same number of tiles, but of nearly the same size.
    private static int Even(int length, int tile, int panel) => RoundUp(Ceiling(length, Math.Max(1, Ceiling(length, tile))), panel);

    private static int Ceiling(int length, int part) => (length + part - 1) / part;

    private static int RoundUp(int length, int multiple) => Ceiling(length, multiple) * multiple;
}
