using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    private const int NarrowColumns = 64;

    // Two kilobytes of sums.
    private const int StripColumns = 512;

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

    /// <summary>Combines partial results of one width, in their order, into the first of them.</summary>
    public static void Gather<TReduction>(double* partials, long count, int width)
        where TReduction : unmanaged, IReduction
    {
        for (long tile = 1; tile < count; tile++)
        {
            double* next = partials + (nint)(tile * width);
            int place = 0;
            for (; place <= width - 4; place += 4)
            {
                TReduction.Combine(Vector256.Load(partials + place), Vector256.Load(next + place)).Store(partials + place);
            }

            for (; place < width; place++)
            {
                partials[place] = TReduction.Combine(partials[place], next[place]);
            }
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

    [SkipLocalsInit]
    private static void CombineRows<T, TReduction, TTerm>(
        float* first, float* second, float* constants, int rows, int width, nint stride, double* partial)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
        where TTerm : unmanaged, IColumnTerm
    {
        float* room = stackalloc float[StripColumns + CachePrefetch.Line];
        float* sums = MicroKernel.Align(room);
        int c = 0;
        if (width == 4 * T.Width)
        {
            CombineFour<T, TReduction, TTerm>(first, second, constants, rows, stride, sums);
            Into<TReduction>(partial, sums, width);
            return;
        }

        while (width - c >= T.Width)
        {
            int strip = Math.Min(StripColumns, (width - c) / T.Width * T.Width);
            CombineStrip<T, TReduction, TTerm>(first + c, second + c, constants + c, rows, strip, stride, sums);
            Into<TReduction>(partial + c, sums, strip);
            c += strip;
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

            T.Store(total, sums);
            Into<TReduction>(partial + c, sums, count);
        }
    }

    // Narrow rows: the sums stay in registers.
    private static void CombineFour<T, TReduction, TTerm>(
        float* first, float* second, float* constants, int rows, nint stride, float* sums)
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
            a0 = TReduction.Combine(a0, Term<T, TTerm>(first, second, c0));
            a1 = TReduction.Combine(a1, Term<T, TTerm>(first + w, second + w, c1));
            a2 = TReduction.Combine(a2, Term<T, TTerm>(first + (2 * w), second + (2 * w), c2));
            a3 = TReduction.Combine(a3, Term<T, TTerm>(first + (3 * w), second + (3 * w), c3));
        }

        T.Store(a0, sums);
        T.Store(a1, sums + w);
        T.Store(a2, sums + (2 * w));
        T.Store(a3, sums + (3 * w));
    }

    // Eight rows at a time along their whole length, which is the order of memory; the sums stay in the nearest cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CombineStrip<T, TReduction, TTerm>(
        float* first, float* second, float* constants, int rows, int columns, nint stride, float* sums)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
        where TTerm : unmanaged, IColumnTerm
    {
        new Span<float>(sums, columns).Fill(TReduction.Start);
        int row = 0;
        for (; row <= rows - 8; row += 8, first += 8 * stride, second += 8 * stride)
        {
            for (int c = 0; c < columns; c += T.Width)
            {
                T constant = TTerm.ReadsConstant ? T.Load(constants + c) : T.Zero;
                T low = Four<T, TReduction, TTerm>(first + c, second + c, constant, stride);
                T high = Four<T, TReduction, TTerm>(first + (4 * stride) + c, second + (4 * stride) + c, constant, stride);
                T.Store(TReduction.Combine(T.Load(sums + c), TReduction.Combine(low, high)), sums + c);
            }
        }

        for (; row < rows; row++, first += stride, second += stride)
        {
            for (int c = 0; c < columns; c += T.Width)
            {
                T constant = TTerm.ReadsConstant ? T.Load(constants + c) : T.Zero;
                T.Store(TReduction.Combine(T.Load(sums + c), Term<T, TTerm>(first + c, second + c, constant)), sums + c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Four<T, TReduction, TTerm>(float* x, float* y, T constant, nint stride)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
        where TTerm : unmanaged, IColumnTerm
    {
        T a0 = Term<T, TTerm>(x, y, constant);
        T a1 = Term<T, TTerm>(x + stride, y + stride, constant);
        T a2 = Term<T, TTerm>(x + (2 * stride), y + (2 * stride), constant);
        T a3 = Term<T, TTerm>(x + (3 * stride), y + (3 * stride), constant);
        return TReduction.Combine(TReduction.Combine(a0, a1), TReduction.Combine(a2, a3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Term<T, TTerm>(float* first, float* second, T constant)
        where T : unmanaged, ISimd<T>
        where TTerm : unmanaged, IColumnTerm =>
        TTerm.Apply(T.Load(first), TTerm.ReadsSecond ? T.Load(second) : T.Zero, constant);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Load<T>(float* from, int count)
        where T : unmanaged, ISimd<T> => count == T.Width ? T.Load(from) : SimdExtensions.LoadPartial<T>(from, count);

    private static void Into<TReduction>(double* partial, float* lanes, int count)
        where TReduction : unmanaged, IReduction
    {
        int lane = 0;
        for (; lane <= count - 8; lane += 8)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Load(lanes + lane));
            TReduction.Combine(Vector256.Load(partial + lane), low).Store(partial + lane);
            TReduction.Combine(Vector256.Load(partial + lane + 4), high).Store(partial + lane + 4);
        }

        for (; lane < count; lane++)
        {
            partial[lane] = TReduction.Combine(partial[lane], lanes[lane]);
        }
    }
}
