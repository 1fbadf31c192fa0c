using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The product of a packed slab and a packed panel, C (+)= A B: all results stay in registers while the steps go by.
/// </summary>
internal static unsafe class AttentionProduct<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    /// <summary>Rows of the register tile: a slab is [step][rows].</summary>
    public static int Rows => TVector.Width == 16 ? 12 : 6;

    /// <summary>Columns of the register tile: a panel is [step][columns].</summary>
    public static int Columns => 2 * TVector.Width;

    /// <summary>C = A B or C += A B.</summary>
    /// <param name="steps">The inner length.</param>
    /// <param name="a">The slab.</param>
    /// <param name="b">The panel.</param>
    /// <param name="c">The tile.</param>
    /// <param name="stride">Floats between the tile's rows.</param>
    /// <param name="accumulate">Whether to add to the tile.</param>
    public static void Multiply(nint steps, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        if (Rows == 12)
        {
            MultiplyTwelve(steps, a, b, c, stride, accumulate);
        }
        else
        {
            MultiplySix(steps, a, b, c, stride, accumulate);
        }
    }

    private static void MultiplyTwelve(nint steps, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        TVector zero = TVector.Zero;
        TVector l0 = zero, l1 = zero, l2 = zero, l3 = zero, l4 = zero, l5 = zero;
        TVector l6 = zero, l7 = zero, l8 = zero, l9 = zero, l10 = zero, l11 = zero;
        TVector r0 = zero, r1 = zero, r2 = zero, r3 = zero, r4 = zero, r5 = zero;
        TVector r6 = zero, r7 = zero, r8 = zero, r9 = zero, r10 = zero, r11 = zero;
        for (nint step = 0; step < steps; step++)
        {
            TVector left = TVector.Load(b);
            TVector right = TVector.Load(b + TVector.Width);
            TVector x = TVector.Broadcast(a[0]);
            l0 = TVector.MultiplyAdd(x, left, l0);
            r0 = TVector.MultiplyAdd(x, right, r0);
            x = TVector.Broadcast(a[1]);
            l1 = TVector.MultiplyAdd(x, left, l1);
            r1 = TVector.MultiplyAdd(x, right, r1);
            x = TVector.Broadcast(a[2]);
            l2 = TVector.MultiplyAdd(x, left, l2);
            r2 = TVector.MultiplyAdd(x, right, r2);
            x = TVector.Broadcast(a[3]);
            l3 = TVector.MultiplyAdd(x, left, l3);
            r3 = TVector.MultiplyAdd(x, right, r3);
            x = TVector.Broadcast(a[4]);
            l4 = TVector.MultiplyAdd(x, left, l4);
            r4 = TVector.MultiplyAdd(x, right, r4);
            x = TVector.Broadcast(a[5]);
            l5 = TVector.MultiplyAdd(x, left, l5);
            r5 = TVector.MultiplyAdd(x, right, r5);
            x = TVector.Broadcast(a[6]);
            l6 = TVector.MultiplyAdd(x, left, l6);
            r6 = TVector.MultiplyAdd(x, right, r6);
            x = TVector.Broadcast(a[7]);
            l7 = TVector.MultiplyAdd(x, left, l7);
            r7 = TVector.MultiplyAdd(x, right, r7);
            x = TVector.Broadcast(a[8]);
            l8 = TVector.MultiplyAdd(x, left, l8);
            r8 = TVector.MultiplyAdd(x, right, r8);
            x = TVector.Broadcast(a[9]);
            l9 = TVector.MultiplyAdd(x, left, l9);
            r9 = TVector.MultiplyAdd(x, right, r9);
            x = TVector.Broadcast(a[10]);
            l10 = TVector.MultiplyAdd(x, left, l10);
            r10 = TVector.MultiplyAdd(x, right, r10);
            x = TVector.Broadcast(a[11]);
            l11 = TVector.MultiplyAdd(x, left, l11);
            r11 = TVector.MultiplyAdd(x, right, r11);
            a += 12;
            b += 2 * TVector.Width;
        }

        Put(l0, r0, c, accumulate);
        Put(l1, r1, c + stride, accumulate);
        Put(l2, r2, c + (2 * stride), accumulate);
        Put(l3, r3, c + (3 * stride), accumulate);
        Put(l4, r4, c + (4 * stride), accumulate);
        Put(l5, r5, c + (5 * stride), accumulate);
        Put(l6, r6, c + (6 * stride), accumulate);
        Put(l7, r7, c + (7 * stride), accumulate);
        Put(l8, r8, c + (8 * stride), accumulate);
        Put(l9, r9, c + (9 * stride), accumulate);
        Put(l10, r10, c + (10 * stride), accumulate);
        Put(l11, r11, c + (11 * stride), accumulate);
    }

    private static void MultiplySix(nint steps, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        TVector zero = TVector.Zero;
        TVector l0 = zero, l1 = zero, l2 = zero, l3 = zero, l4 = zero, l5 = zero;
        TVector r0 = zero, r1 = zero, r2 = zero, r3 = zero, r4 = zero, r5 = zero;
        for (nint step = 0; step < steps; step++)
        {
            TVector left = TVector.Load(b);
            TVector right = TVector.Load(b + TVector.Width);
            TVector x = TVector.Broadcast(a[0]);
            l0 = TVector.MultiplyAdd(x, left, l0);
            r0 = TVector.MultiplyAdd(x, right, r0);
            x = TVector.Broadcast(a[1]);
            l1 = TVector.MultiplyAdd(x, left, l1);
            r1 = TVector.MultiplyAdd(x, right, r1);
            x = TVector.Broadcast(a[2]);
            l2 = TVector.MultiplyAdd(x, left, l2);
            r2 = TVector.MultiplyAdd(x, right, r2);
            x = TVector.Broadcast(a[3]);
            l3 = TVector.MultiplyAdd(x, left, l3);
            r3 = TVector.MultiplyAdd(x, right, r3);
            x = TVector.Broadcast(a[4]);
            l4 = TVector.MultiplyAdd(x, left, l4);
            r4 = TVector.MultiplyAdd(x, right, r4);
            x = TVector.Broadcast(a[5]);
            l5 = TVector.MultiplyAdd(x, left, l5);
            r5 = TVector.MultiplyAdd(x, right, r5);
            a += 6;
            b += 2 * TVector.Width;
        }

        Put(l0, r0, c, accumulate);
        Put(l1, r1, c + stride, accumulate);
        Put(l2, r2, c + (2 * stride), accumulate);
        Put(l3, r3, c + (3 * stride), accumulate);
        Put(l4, r4, c + (4 * stride), accumulate);
        Put(l5, r5, c + (5 * stride), accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(TVector left, TVector right, float* c, bool accumulate)
    {
        if (accumulate)
        {
            left += TVector.Load(c);
            right += TVector.Load(c + TVector.Width);
        }

        TVector.Store(left, c);
        TVector.Store(right, c + TVector.Width);
    }
}
