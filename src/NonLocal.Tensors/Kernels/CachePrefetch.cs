using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Asks for memory before it is needed: where rows lie pages apart, the processor does not guess what comes next. A hint, so any
/// address may be given; nothing happens on processors without the instruction.
/// </summary>
internal static unsafe class CachePrefetch
{
    /// <summary>Floats of a cache line.</summary>
    public const int Line = 16;

    /// <summary>Brings the line with this address into the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Near(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Brings the line with this address into the second-level cache, where it may wait longer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second(float* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
        }
    }

    /// <summary>Brings the lines with these <paramref name="floats"/> into the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Near(float* address, int floats)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < floats; i += Line)
            {
                Sse.Prefetch0(address + i);
            }
        }
    }

    /// <summary>Brings the lines with these <paramref name="floats"/> into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Second(float* address, int floats)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < floats; i += Line)
            {
                Sse.Prefetch1(address + i);
            }
        }
    }
}
