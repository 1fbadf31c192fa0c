using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Which register width kernels run with: 512 bits with AVX-512F, 256 with AVX2, else 128. The runtime's own switches
/// (<c>DOTNET_EnableAVX512=0</c>, <c>DOTNET_EnableAVX2=0</c>) choose a narrower one.
/// </summary>
/// <remarks>
/// Every kernel's entry reads <c>if (SimdWidth.Is512) K&lt;Simd512&gt;(…); else if (SimdWidth.Is256) K&lt;Simd256&gt;(…); else
/// K&lt;Simd128&gt;(…);</c>. Both properties are constants to the compiler, so one branch remains.
/// </remarks>
public static class SimdWidth
{
    /// <summary>The width in bits.</summary>
    public static int Bits => Is512 ? 512 : Is256 ? 256 : 128;

    // Vector512.IsHardwareAccelerated is false on processors that may lower their clock for wide registers; the kernels gain all the same.
    internal static bool Is512 => Avx512F.IsSupported;

    internal static bool Is256 => Avx2.IsSupported && Vector256.IsHardwareAccelerated;
}
