using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NonLocal.Vision.Pictures;

/// <summary>
/// The inverse cosine transform of 8 × 8 blocks in 32-bit integers: the factorisation of Loeffler, Ligtenberg and Moschytz
/// (1989) with constants of 13 bits, two more bits kept between the passes: the precision of libjpeg's default.
/// </summary>
internal static class JpegTransform
{
    private const int ConstantBits = 13;
    private const int KeptBits = 2;

    // Numbers that a corrupt file makes overflow wrap around and are clamped: wrong, as they were, but harmless.
    private const int FirstShift = ConstantBits - KeptBits;
    private const int SecondShift = ConstantBits + KeptBits + 3;

    /// <summary>Dequantises and transforms a block.</summary>
    /// <param name="block">64 coefficients, row by row.</param>
    /// <param name="quantisation">64 factors, row by row.</param>
    /// <param name="target">Its samples, 8 rows of 8.</param>
    /// <param name="stride">Elements from one row of <paramref name="target"/> to the next.</param>
    public static void Invert(ReadOnlySpan<short> block, ReadOnlySpan<ushort> quantisation, Span<byte> target, int stride)
    {
        if (block[1..].IndexOfAnyExcept((short)0) < 0)
        {
            Flat(block[0] * quantisation[0], target, stride);
            return;
        }

        Span<int> values = stackalloc int[64];
        for (int i = 0; i < 64; i += 8)
        {
            Vector128<short> row = Vector128.Create(block.Slice(i, 8));
            Vector128<ushort> factors = Vector128.Create(quantisation.Slice(i, 8));
            (Vector128<int> low, Vector128<int> high) = Vector128.Widen(row);
            (Vector128<uint> lowFactor, Vector128<uint> highFactor) = Vector128.Widen(factors);
            Vector256.Create(low * lowFactor.AsInt32(), high * highFactor.AsInt32()).CopyTo(values[i..]);
        }

        Pass(values, FirstShift);
        Transpose(values);
        Pass(values, SecondShift);
        Transpose(values);
        Vector256<int> centre = Vector256.Create(128);
        for (int i = 0; i < 64; i += 8)
        {
            Vector256<int> row = Vector256.Create<int>(values.Slice(i, 8)) + centre;
            row = Vector256.Min(Vector256.Max(row, Vector256<int>.Zero), Vector256.Create(255));
            Vector128<short> narrow = Vector128.Narrow(row.GetLower(), row.GetUpper());
            Vector128<byte> bytes = Vector128.Narrow(narrow.AsUInt16(), narrow.AsUInt16());
            MemoryMarshal.Write(target[((i >> 3) * stride)..], bytes.AsUInt64().ToScalar());
        }
    }

    private static void Flat(int value, Span<byte> target, int stride)
    {
        byte sample = (byte)Math.Clamp(((value + 4) >> 3) + 128, 0, 255);
        for (int y = 0; y < 8; y++)
        {
            target.Slice(y * stride, 8).Fill(sample);
        }
    }

    // Down the columns, all eight at once.
    private static void Pass(Span<int> values, int shift)
    {
        Vector256<int> x2 = Vector256.Create<int>(values.Slice(16, 8));
        Vector256<int> x6 = Vector256.Create<int>(values.Slice(48, 8));
        Vector256<int> common = (x2 + x6) * Constant(0.541196100);
        Vector256<int> low = common - (x6 * Constant(1.847759065));
        Vector256<int> high = common + (x2 * Constant(0.765366865));
        Vector256<int> x0 = Vector256.Create<int>(values[..8]);
        Vector256<int> x4 = Vector256.Create<int>(values.Slice(32, 8));
        Vector256<int> rounding = Vector256.Create(1 << (shift - 1));
        Vector256<int> sum = Vector256.ShiftLeft(x0 + x4, ConstantBits) + rounding;
        Vector256<int> difference = Vector256.ShiftLeft(x0 - x4, ConstantBits) + rounding;
        Vector256<int> x1 = Vector256.Create<int>(values.Slice(8, 8));
        Vector256<int> x3 = Vector256.Create<int>(values.Slice(24, 8));
        Vector256<int> x5 = Vector256.Create<int>(values.Slice(40, 8));
        Vector256<int> x7 = Vector256.Create<int>(values.Slice(56, 8));
        Vector256<int> turn = (x7 + x3 + x5 + x1) * Constant(1.175875602);
        Vector256<int> outer = (x7 + x1) * Constant(-0.899976223);
        Vector256<int> inner = (x5 + x3) * Constant(-2.562915447);
        Vector256<int> odd = ((x7 + x3) * Constant(-1.961570560)) + turn;
        Vector256<int> even = ((x5 + x1) * Constant(-0.390180644)) + turn;
        Store(values, 0, sum + high, (x1 * Constant(1.501321110)) + outer + even, shift);
        Store(values, 1, difference + low, (x3 * Constant(3.072711026)) + inner + odd, shift);
        Store(values, 2, difference - low, (x5 * Constant(2.053119869)) + inner + even, shift);
        Store(values, 3, sum - high, (x7 * Constant(0.298631336)) + outer + odd, shift);
    }

    private static int Constant(double value) => (int)Math.Round(value * (1 << ConstantBits));

    private static void Store(Span<int> values, int row, Vector256<int> even, Vector256<int> odd, int shift)
    {
        Vector256.ShiftRightArithmetic(even + odd, shift).CopyTo(values[(8 * row)..]);
        Vector256.ShiftRightArithmetic(even - odd, shift).CopyTo(values[(8 * (7 - row))..]);
    }

    private static void Transpose(Span<int> values)
    {
        for (int y = 1; y < 8; y++)
        {
            for (int x = 0; x < y; x++)
            {
                (values[(8 * y) + x], values[(8 * x) + y]) = (values[(8 * x) + y], values[(8 * y) + x]);
            }
        }
    }
}
