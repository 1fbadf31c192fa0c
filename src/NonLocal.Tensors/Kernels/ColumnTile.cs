using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// What is added up for one element of a column: made from a table, a second table at the same place, and a row of constants.
/// </summary>
internal interface IColumnTerm
{
    /// <summary>Whether the second table is read.</summary>
    static abstract bool ReadsSecond { get; }

    /// <summary>Whether the row of constants is read.</summary>
    static abstract bool ReadsConstant { get; }

    static abstract T Apply<T>(T first, T second, T constant)
        where T : unmanaged, ISimd<T>;
}

/// <summary>The element itself.</summary>
internal readonly struct ElementTerm : IColumnTerm
{
    public static bool ReadsSecond => false;

    public static bool ReadsConstant => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T first, T second, T constant)
        where T : unmanaged, ISimd<T> => first;
}

/// <summary>(element − constant)².</summary>
internal readonly struct SquaredDeviationTerm : IColumnTerm
{
    public static bool ReadsSecond => false;

    public static bool ReadsConstant => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T first, T second, T constant)
        where T : unmanaged, ISimd<T> => (first - constant) * (first - constant);
}

/// <summary>(element − constant) · second.</summary>
internal readonly struct WeightedDeviationTerm : IColumnTerm
{
    public static bool ReadsSecond => true;

    public static bool ReadsConstant => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T first, T second, T constant)
        where T : unmanaged, ISimd<T> => (first - constant) * second;
}

/// <summary>
/// Combines the rows of one tile of a table [rows, columns] column by column: at most 32 rows in float, then in double.
/// Narrow tables are read as if several rows were one, so that registers are full.
/// </summary>
internal static unsafe class ColumnTile
{
    /// <summary>Rows that are combined in float.</summary>
    public const int RowsInFloat = 32;

    /// <summary>About as many floats as a tile holds.</summary>
    public const int TileElements = 32768;

    private const int NarrowColumns = 32;

    /// <summary>How many rows are read as one.</summary>
    public static int Folded(int columns) => columns >= NarrowColumns ? 1 : Math.Max(1, 64 / columns);

    /// <summary>Columns of a partial result: each column once for every row that is read as part of one.</summary>
    public static int Width(int columns) => Folded(columns) * columns;

    /// <summary>Rows of a tile.</summary>
    public static long Rows(int columns) => Math.Max(2 * RowsInFloat, TileElements / columns / RowsInFloat * RowsInFloat);

    /// <summary>How many tiles the rows make.</summary>
    public static long Count(long rows, int columns) => (rows + Rows(columns) - 1) / Rows(columns);

    /// <summary>Fills <paramref name="partial"/>, <see cref="Width"/> numbers, with the combined terms.</summary>
    /// <param name="first">The tile's rows, without gaps.</param>
    /// <param name="second">The same rows of the second table, or null.</param>
    /// <param name="constants"><see cref="Width"/> constants, or null.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="columns">How many columns.</param>
    /// <param name="partial">The result; columns c, c + columns, … belong together.</param>
    public static void Combine<T, TReduction, TTerm>(float* first, float* second, float* constants, long rows, int columns, double* partial)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
        where TTerm : unmanaged, IColumnTerm
    {
        int width = Width(columns);
        new Span<double>(partial, width).Fill(TReduction.Start);
        long wideRows = rows / Folded(columns);
        for (long row = 0; row < wideRows; row += RowsInFloat)
        {
            nint start = (nint)(row * width);
            int count = (int)Math.Min(RowsInFloat, wideRows - row);
            CombineRows<T, TReduction, TTerm>(first + start, second + start, constants, count, width, width, partial);
        }

        // What is left when rows are read together.
        for (long row = wideRows * Folded(columns); row < rows; row++)
        {
            nint start = (nint)(row * columns);
            CombineRows<T, TReduction, TTerm>(first + start, second + start, constants, 1, columns, columns, partial);
        }
    }

    /// <summary>Adds up the parts of a partial result that belong to one column.</summary>
    public static double Fold<TReduction>(double* partial, int column, int columns)
        where TReduction : unmanaged, IReduction
    {
        double total = TReduction.Start;
        for (int place = column; place < Width(columns); place += columns)
        {
            total = TReduction.Combine(total, partial[place]);
        }

        return total;
    }

    private static void CombineRows<T, TReduction, TTerm>(
        float* first, float* second, float* constants, int rows, int width, nint stride, double* partial)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
        where TTerm : unmanaged, IColumnTerm
    {
        float* lanes = stackalloc float[4 * 16];
        int c = 0;
        for (; c <= width - (4 * T.Width); c += 4 * T.Width)
        {
            CombineFour<T, TReduction, TTerm>(first + c, second + c, constants + c, rows, stride, lanes);
            Into<TReduction>(partial + c, lanes, 4 * T.Width);
        }

        for (; c < width; c += T.Width)
        {
            int count = Math.Min(T.Width, width - c);
            T constant = TTerm.ReadsConstant ? Load<T>(constants + c, count) : T.Zero;
            T total = T.Broadcast(TReduction.Start);
            for (int row = 0; row < rows; row++)
            {
                nint at = (row * stride) + c;
                T other = TTerm.ReadsSecond ? Load<T>(second + at, count) : T.Zero;
                total = TReduction.Combine(total, TTerm.Apply(Load<T>(first + at, count), other, constant));
            }

            T.Store(total, lanes);
            Into<TReduction>(partial + c, lanes, count);
        }
    }

    private static void CombineFour<T, TReduction, TTerm>(
        float* first, float* second, float* constants, int rows, nint stride, float* lanes)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
        where TTerm : unmanaged, IColumnTerm
    {
        int w = T.Width;
        T c0 = TTerm.ReadsConstant ? T.Load(constants) : T.Zero;
        T c1 = TTerm.ReadsConstant ? T.Load(constants + w) : T.Zero;
        T c2 = TTerm.ReadsConstant ? T.Load(constants + (2 * w)) : T.Zero;
        T c3 = TTerm.ReadsConstant ? T.Load(constants + (3 * w)) : T.Zero;
        T a0 = T.Broadcast(TReduction.Start);
        T a1 = a0;
        T a2 = a0;
        T a3 = a0;
        for (int row = 0; row < rows; row++, first += stride, second += stride)
        {
            a0 = TReduction.Combine(a0, TTerm.Apply(T.Load(first), TTerm.ReadsSecond ? T.Load(second) : T.Zero, c0));
            a1 = TReduction.Combine(a1, TTerm.Apply(T.Load(first + w), TTerm.ReadsSecond ? T.Load(second + w) : T.Zero, c1));
            a2 = TReduction.Combine(a2, TTerm.Apply(T.Load(first + (2 * w)), TTerm.ReadsSecond ? T.Load(second + (2 * w)) : T.Zero, c2));
            a3 = TReduction.Combine(a3, TTerm.Apply(T.Load(first + (3 * w)), TTerm.ReadsSecond ? T.Load(second + (3 * w)) : T.Zero, c3));
        }

        T.Store(a0, lanes);
        T.Store(a1, lanes + w);
        T.Store(a2, lanes + (2 * w));
        T.Store(a3, lanes + (3 * w));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load<T>(float* from, int count)
        where T : unmanaged, ISimd<T> => count == T.Width ? T.Load(from) : SimdExtensions.LoadPartial<T>(from, count);

    private static void Into<TReduction>(double* partial, float* lanes, int count)
        where TReduction : unmanaged, IReduction
    {
        for (int lane = 0; lane < count; lane++)
        {
            partial[lane] = TReduction.Combine(partial[lane], lanes[lane]);
        }
    }
}
