using System.Runtime.InteropServices;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>Scratch memory of exactly the size a kernel asks for, full of NaN, with a guard behind it.</summary>
internal sealed unsafe class GuardedScratch : IDisposable
{
    private const float Canary = 987.654f;
    private const int Guard = 64;

    private readonly long length;

    public GuardedScratch(long floats)
    {
        length = floats;
        Address = (float*)NativeMemory.AlignedAlloc((nuint)(floats + Guard) * sizeof(float), 64);
        new Span<float>(Address, checked((int)floats)).Fill(float.NaN);
        new Span<float>(Address + floats, Guard).Fill(Canary);
    }

    public float* Address { get; }

    public void AssertGuardUntouched()
    {
        for (int i = 0; i < Guard; i++)
        {
            Assert.True(Address[length + i] == Canary, "the kernel wrote behind its scratch memory");
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(Address);
}
