using System.Runtime.CompilerServices;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>
/// Sums over the 2f + 1 rows or columns of a patch: of numbers as they are, or weighted. Every sum is formed from its terms, never from a
/// neighbour's by adding and taking off, which would lose digits where a strong edge leaves it.
/// </summary>
internal static unsafe class PatchFilter
{
    /// <summary>Sums down columns, in place: row y becomes that of rows y … y + 2f.</summary>
    /// <param name="plane">Rows of numbers; three more are read and written than the sums need.</param>
    /// <param name="stride">From row to row.</param>
    /// <param name="rows">How many rows of sums.</param>
    /// <param name="columns">How many columns, up to whole registers.</param>
    /// <param name="radius">f.</param>
    /// <param name="taps">The 2f + 1 weights; null: all 1.</param>
    public static void SumColumns<T>(float* plane, int stride, int rows, int columns, int radius, float* taps)
        where T : unmanaged, ISimd<T>
    {
        if (taps != null)
        {
            SumWeighted<T>(plane, stride, rows, columns, radius, taps);
            return;
        }

        // Four rows share all their terms but three; a sum of one term stays as it is.
        for (int y = 0; y < rows && radius > 0; y += 4)
        {
            for (int x = 0; x < columns; x += T.Width)
            {
                SumFour<T>(plane + ((long)y * stride) + x, stride, (2 * radius) - 2);
            }
        }
    }

    /// <summary>The sums over columns x … x + 2f of the places from <paramref name="at"/>.</summary>
    /// <param name="at">As many numbers as a register has, and 2f more.</param>
    /// <param name="radius">f.</param>
    /// <param name="taps">The 2f + 1 weights; null: all 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SumRow<T>(float* at, int radius, float* taps)
        where T : unmanaged, ISimd<T> => taps == null ? Sum<T>(at, radius) : SumWeighted<T>(at, radius, taps);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sum<T>(float* at, int radius)
        where T : unmanaged, ISimd<T>
    {
        T sum = T.Load(at);
        for (int i = 1; i <= 2 * radius; i++)
        {
            sum += T.Load(at + i);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T SumWeighted<T>(float* at, int radius, float* taps)
        where T : unmanaged, ISimd<T>
    {
        T sum = T.Load(at) * T.Broadcast(taps[0]);
        for (int i = 1; i <= 2 * radius; i++)
        {
            sum = T.MultiplyAdd(T.Broadcast(taps[i]), T.Load(at + i), sum);
        }

        return sum;
    }

    private static void SumWeighted<T>(float* plane, int stride, int rows, int columns, int radius, float* taps)
        where T : unmanaged, ISimd<T>
    {
        for (int y = 0; y < rows; y += 2)
        {
            for (int x = 0; x < columns; x += T.Width)
            {
                SumTwo<T>(plane + ((long)y * stride) + x, stride, 2 * radius, taps);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumFour<T>(float* at, int stride, int sharedRows)
        where T : unmanaged, ISimd<T>
    {
        T a = T.Load(at);
        T b = T.Load(at + stride);
        T c = T.Load(at + (2 * stride));
        float* below = at + (3 * stride);
        T shared = T.Zero;
        for (int i = 0; i < sharedRows; i++)
        {
            shared += T.Load(below);
            below += stride;
        }

        T d = T.Load(below);
        T e = T.Load(below + stride);
        T f = T.Load(below + (2 * stride));
        T withUpper = shared + c;
        T withLower = shared + d;
        T.Store(withUpper + (a + b), at);
        T.Store(withUpper + (b + d), at + stride);
        T.Store(withLower + (c + e), at + (2 * stride));
        T.Store(withLower + (e + f), at + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumTwo<T>(float* at, int stride, int sharedRows, float* taps)
        where T : unmanaged, ISimd<T>
    {
        T upper = T.Load(at) * T.Broadcast(taps[0]);
        T lower = T.Zero;
        float* below = at;
        for (int i = 1; i <= sharedRows; i++)
        {
            below += stride;
            T term = T.Load(below);
            upper = T.MultiplyAdd(T.Broadcast(taps[i]), term, upper);
            lower = T.MultiplyAdd(T.Broadcast(taps[i - 1]), term, lower);
        }

        lower = T.MultiplyAdd(T.Broadcast(taps[sharedRows]), T.Load(below + stride), lower);
        T.Store(upper, at);
        T.Store(lower, at + stride);
    }
}
