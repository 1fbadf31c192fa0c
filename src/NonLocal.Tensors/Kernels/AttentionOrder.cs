using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>Sorts numbers, ascending and stable by index, in time proportional to their count and in memory of the caller.</summary>
/// <remarks>
/// An entry is 64 bits: the number as an order-preserving unsigned integer above, its index below. Both zeros are equal.
/// Infinities and NaN end up at the two ends, so looking at the first and last entry tells whether all are finite.
/// </remarks>
internal static unsafe class AttentionOrder
{
    private const int Digits = 4;
    private const int Buckets = 256;
    private const uint SignBit = 0x8000_0000;

    /// <summary>Fills <paramref name="sorted"/> with the entries of <paramref name="count"/> numbers in ascending order.</summary>
    /// <param name="values">The first number.</param>
    /// <param name="stride">Floats from one number to the next.</param>
    /// <param name="count">How many numbers.</param>
    /// <param name="sorted">The result, <paramref name="count"/> entries.</param>
    /// <param name="spare">Scratch of the same size.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sort(float* values, nint stride, int count, ulong* sorted, ulong* spare)
    {
        int* starts = stackalloc int[Digits * Buckets];
        new Span<int>(starts, Digits * Buckets).Clear();
        for (int i = 0; i < count; i++)
        {
            uint key = Sortable(values[i * stride]);
            sorted[i] = ((ulong)key << 32) | (uint)i;
            for (int digit = 0; digit < Digits; digit++)
            {
                starts[(digit * Buckets) + (byte)(key >> (8 * digit))]++;
            }
        }

        // Radix sort from the lowest digit up; the even number of passes brings the result back into `sorted`.
        for (int digit = 0; digit < Digits; digit++)
        {
            int* start = starts + (digit * Buckets);
            AccumulateStarts(start);
            for (int i = 0; i < count; i++)
            {
                ulong entry = sorted[i];
                spare[start[(byte)(entry >> (32 + (8 * digit)))]++] = entry;
            }

            ulong* swap = sorted;
            sorted = spare;
            spare = swap;
        }
    }

    /// <summary>The position that an entry's number had before sorting.</summary>
    public static int Index(ulong entry) => (int)(uint)entry;

    /// <summary>The number of an entry (a negative zero has become positive).</summary>
    public static float Value(ulong entry)
    {
        uint key = (uint)(entry >> 32);
        return BitConverter.UInt32BitsToSingle((key & SignBit) != 0 ? key ^ SignBit : ~key);
    }

    /// <summary>Whether none of the sorted numbers is infinite or NaN.</summary>
    public static bool AllFinite(ulong* sorted, int count) => float.IsFinite(Value(sorted[0])) && float.IsFinite(Value(sorted[count - 1]));

    private static uint Sortable(float value)
    {
        // Adding zero turns -0 into +0.
        uint bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & SignBit) != 0 ? ~bits : bits | SignBit;
    }

    private static void AccumulateStarts(int* counts)
    {
        int sum = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            int count = counts[bucket];
            counts[bucket] = sum;
            sum += count;
        }
    }
}
