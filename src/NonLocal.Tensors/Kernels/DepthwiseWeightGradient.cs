using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Weight gradient of a depthwise convolution: one part sums one tap of one register of channels over all positions, line by line.
/// </summary>
internal unsafe struct DepthwiseWeightGradient : IParallelJob
{
    private ConvolutionSizes sizes;
    private float* input;
    private float* gradient;
    private float* result;

    /// <summary>result[tap, c] = Σ over positions p of input[p·stride + tap·dilation − padding, c] · gradient[p, c].</summary>
    public static void Run(WorkerPool pool, in ConvolutionSizes sizes, float* input, float* gradient, float* result)
    {
        DepthwiseWeightGradient job = new() { sizes = sizes, input = input, gradient = gradient, result = result };
        int chunks = (sizes.InputChannels + (SimdWidth.Bits / 32) - 1) / (SimdWidth.Bits / 32);
        pool.Run(ref job, sizes.Taps * chunks);
    }

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
        int tap = index % sizes.Taps;
        int channel = index / sizes.Taps * T.Width;
        int count = Math.Min(T.Width, sizes.InputChannels - channel);
        int tap2 = tap % sizes.Axis2.Kernel;
        int tap1 = tap / sizes.Axis2.Kernel % sizes.Axis1.Kernel;
        int tap0 = tap / sizes.Axis2.Kernel / sizes.Axis1.Kernel;
        T sum = T.Zero;
        for (int batch = 0; batch < sizes.Batch; batch++)
        {
            for (int p0 = 0; p0 < sizes.Axis0.Output; p0++)
            {
                int q0 = Source(sizes.Axis0, p0, tap0);
                for (int p1 = 0; p1 < sizes.Axis1.Output; p1++)
                {
                    int q1 = Source(sizes.Axis1, p1, tap1);
                    if ((uint)q0 < (uint)sizes.Axis0.Input && (uint)q1 < (uint)sizes.Axis1.Input)
                    {
                        nint inputLine = ((((nint)batch * sizes.Axis0.Input) + q0) * sizes.Axis1.Input) + q1;
                        nint outputLine = ((((nint)batch * sizes.Axis0.Output) + p0) * sizes.Axis1.Output) + p1;
                        sum += Line<T>(inputLine, outputLine, tap2, channel, count);
                    }
                }
            }
        }

        SimdExtensions.StorePartial(sum, result + ((nint)tap * sizes.InputChannels) + channel, count);
    }

    private static int Source(in ConvolutionAxis axis, int position, int tap) =>
        (position * axis.Stride) + (tap * axis.Dilation) - axis.Padding;

    // The sum over one line of the output. Lines are summed by themselves so that long sums lose less.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly T Line<T>(nint inputLine, nint outputLine, int tap2, int channel, int count)
        where T : unmanaged, ISimd<T>
    {
        int channels = sizes.InputChannels;
        T sum = T.Zero;
        for (int p2 = 0; p2 < sizes.Axis2.Output; p2++)
        {
            int q2 = Source(sizes.Axis2, p2, tap2);
            if ((uint)q2 >= (uint)sizes.Axis2.Input)
            {
                continue;
            }

            float* x = input + (((inputLine * sizes.Axis2.Input) + q2) * channels) + channel;
            float* g = gradient + (((outputLine * sizes.Axis2.Output) + p2) * channels) + channel;
            sum = count == T.Width
                ? T.MultiplyAdd(T.Load(x), T.Load(g), sum)
                : T.MultiplyAdd(SimdExtensions.LoadPartial<T>(x, count), SimdExtensions.LoadPartial<T>(g, count), sum);
        }

        return sum;
    }
}
