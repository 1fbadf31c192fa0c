using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>The sum of some tables of one size, which lie one behind the other, in their order.</summary>
internal unsafe struct OrderedSum : IParallelJob
{
    private const int FloatsPerPart = 1 << 12;

    public float* Tables;
    public int Count;
    public int Length;
    public float* Output;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Length + FloatsPerPart - 1) / FloatsPerPart;

    public readonly void Execute(int index, int worker)
    {
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(index);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(index);
        }
        else
        {
            Execute<Simd128>(index);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index)
        where T : unmanaged, ISimd<T>
    {
        int end = Math.Min(Length, (index + 1) * FloatsPerPart);
        int i = index * FloatsPerPart;
        for (; i <= end - T.Width; i += T.Width)
        {
            T sum = T.Load(Tables + i);
            for (int table = 1; table < Count; table++)
            {
                sum += T.Load(Tables + ((nint)table * Length) + i);
            }

            T.Store(sum, Output + i);
        }

        for (; i < end; i++)
        {
            float sum = Tables[i];
            for (int table = 1; table < Count; table++)
            {
                sum += Tables[((nint)table * Length) + i];
            }

            Output[i] = sum;
        }
    }
}
