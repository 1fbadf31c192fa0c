using System.Runtime.Intrinsics;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A register of floats. Kernels are written once, generic over this; the three widths are structs that the compiler turns into
/// the bare instructions.
/// </summary>
internal unsafe interface ISimd<TSelf>
    where TSelf : unmanaged, ISimd<TSelf>
{
    /// <summary>How many floats.</summary>
    static abstract int Width { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Load(float* from);

    static abstract void Store(TSelf value, float* to);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a · b + c, in one rounding where the hardware has it.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger; NaN if either is.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>The smaller; NaN if either is.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>
    /// The larger by one instruction; which operand wins with a NaN depends on the processor. For numbers known to be none.
    /// </summary>
    static abstract TSelf MaxNative(TSelf a, TSelf b);

    /// <summary>
    /// The smaller by one instruction; which operand wins with a NaN depends on the processor. For numbers known to be none.
    /// </summary>
    static abstract TSelf MinNative(TSelf a, TSelf b);

    static abstract TSelf Sqrt(TSelf value);

    static abstract TSelf Abs(TSelf value);

    /// <summary>To the nearest whole number.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>Lane by lane: a &gt; b ? then : otherwise (NaN is not greater).</summary>
    static abstract TSelf SelectGreater(TSelf a, TSelf b, TSelf then, TSelf otherwise);

    /// <summary>Lane by lane: a = b ? then : otherwise (NaN equals nothing).</summary>
    static abstract TSelf SelectEqual(TSelf a, TSelf b, TSelf then, TSelf otherwise);

    /// <summary>value · 2^power for whole powers from −126 to 127.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf value, TSelf power);

    /// <summary>Splits positive normal numbers into fraction in [1, 2) and whole exponent: value = fraction · 2^exponent.</summary>
    static abstract TSelf Split(TSelf value, out TSelf exponent);

    /// <summary>True when all lanes are equal.</summary>
    static abstract bool AllEqual(TSelf a, TSelf b);
}

/// <summary>What follows from <see cref="ISimd{TSelf}"/> for every width.</summary>
internal static unsafe class SimdExtensions
{
    // The widest register; partial loads and stores go through a buffer of this many floats.
    private const int MaximumWidth = 16;

    /// <summary>The first <paramref name="count"/> floats and zeros; reads no further.</summary>
    public static T LoadPartial<T>(float* from, int count)
        where T : unmanaged, ISimd<T>
    {
        float* buffer = stackalloc float[MaximumWidth];
        T.Store(T.Zero, buffer);
        for (int i = 0; i < count; i++)
        {
            buffer[i] = from[i];
        }

        return T.Load(buffer);
    }

    /// <summary>Writes the first <paramref name="count"/> lanes and nothing else.</summary>
    public static void StorePartial<T>(T value, float* to, int count)
        where T : unmanaged, ISimd<T>
    {
        float* buffer = stackalloc float[MaximumWidth];
        T.Store(value, buffer);
        for (int i = 0; i < count; i++)
        {
            to[i] = buffer[i];
        }
    }

    /// <summary>The sum of the lanes, four sums first.</summary>
    public static float Sum<T>(T value)
        where T : unmanaged, ISimd<T>
    {
        float* lanes = stackalloc float[MaximumWidth];
        T.Store(value, lanes);
        Vector128<float> sums = Vector128.Load(lanes);
        for (int i = 4; i < T.Width; i += 4)
        {
            sums += Vector128.Load(lanes + i);
        }

        return Vector128.Sum(sums);
    }

    /// <summary>The sums of the lanes of four registers.</summary>
    public static Vector128<float> Sums<T>(T a, T b, T c, T d)
        where T : unmanaged, ISimd<T>
    {
        float* lanes = stackalloc float[4 * MaximumWidth];
        T.Store(a, lanes);
        T.Store(b, lanes + T.Width);
        T.Store(c, lanes + (2 * T.Width));
        T.Store(d, lanes + (3 * T.Width));
        Vector128<float> first = Vector128<float>.Zero;
        Vector128<float> second = Vector128<float>.Zero;
        Vector128<float> third = Vector128<float>.Zero;
        Vector128<float> fourth = Vector128<float>.Zero;
        for (int i = 0; i < T.Width; i += 4, lanes += 4)
        {
            first += Vector128.Load(lanes);
            second += Vector128.Load(lanes + T.Width);
            third += Vector128.Load(lanes + (2 * T.Width));
            fourth += Vector128.Load(lanes + (3 * T.Width));
        }

        // Four rows of four become their columns, which are added.
        Vector128<float> even = PanelPacking.ZipLow(first, third) + PanelPacking.ZipHigh(first, third);
        Vector128<float> odd = PanelPacking.ZipLow(second, fourth) + PanelPacking.ZipHigh(second, fourth);
        return PanelPacking.ZipLow(even, odd) + PanelPacking.ZipHigh(even, odd);
    }

    /// <summary>The largest lane; NaN if one is.</summary>
    public static float Max<T>(T value)
        where T : unmanaged, ISimd<T>
    {
        float* lanes = stackalloc float[MaximumWidth];
        T.Store(value, lanes);
        Vector128<float> largest = Vector128.Load(lanes);
        for (int i = 4; i < T.Width; i += 4)
        {
            largest = Vector128.Max(largest, Vector128.Load(lanes + i));
        }

        largest = Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
