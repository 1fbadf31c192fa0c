using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NonLocal.Tensors.Kernels;

/// <summary>Turns rows of 16 floats into columns, in squares of four by four.</summary>
internal static unsafe class Transpose
{
    private const int Columns = 16;

    /// <summary>to[c, r] = from[r, c] for 16 columns c.</summary>
    /// <param name="from">The first row; its floats are neighbours.</param>
    /// <param name="fromStride">Floats from one row to the next.</param>
    /// <param name="to">The first turned row; its floats are neighbours.</param>
    /// <param name="toStride">Floats from one turned row to the next.</param>
    /// <param name="rows">How many rows.</param>
    public static void Run(float* from, nint fromStride, float* to, nint toStride, int rows)
    {
        int r = 0;
        for (; r <= rows - 4 && (Sse.IsSupported || AdvSimd.Arm64.IsSupported); r += 4)
        {
            float* source = from + (r * fromStride);
            for (int c = 0; c < Columns; c += 4)
            {
                Square(source + c, fromStride, to + (c * toStride) + r, toStride);
            }
        }

        for (; r < rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                to[(c * toStride) + r] = from[(r * fromStride) + c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(float* from, nint fromStride, float* to, nint toStride)
    {
        Vector128<float> a = Vector128.Load(from);
        Vector128<float> b = Vector128.Load(from + fromStride);
        Vector128<float> c = Vector128.Load(from + (2 * fromStride));
        Vector128<float> d = Vector128.Load(from + (3 * fromStride));

        // a0 c0 a1 c1, a2 c2 a3 c3, and the same of b and d; then the four columns.
        Vector128<float> acLow = Low(a, c);
        Vector128<float> acHigh = High(a, c);
        Vector128<float> bdLow = Low(b, d);
        Vector128<float> bdHigh = High(b, d);
        Low(acLow, bdLow).Store(to);
        High(acLow, bdLow).Store(to + toStride);
        Low(acHigh, bdHigh).Store(to + (2 * toStride));
        High(acHigh, bdHigh).Store(to + (3 * toStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
