using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Convolution of every channel by itself: registers run over the channels. Serves the input gradient too, by another grid.
/// </summary>
internal unsafe struct DepthwiseConvolution : IParallelJob
{
    private const int WorkPerPart = 1 << 15;

    private ConvolutionSizes sizes;
    private WindowGrid grid;
    private float* source;
    private float* weight;
    private float* output;
    private ProductEpilogue epilogue;
    private int positionsPerPart;

    /// <summary>output[p, c] = epilogue(Σ over taps of source[…, c] · weight[tap, c]) for every position of the grid.</summary>
    public static void Run(
        WorkerPool pool, in ConvolutionSizes sizes, in WindowGrid grid, float* source,
        float* weight, float* output, in ProductEpilogue epilogue)
    {
        DepthwiseConvolution job = new()
        {
            sizes = sizes,
            grid = grid,
            source = source,
            weight = weight,
            output = output,
            epilogue = epilogue,
            positionsPerPart = Math.Max(1, WorkPerPart / (sizes.InputChannels * Math.Max(1, grid.Taps))),
        };
        pool.Run(ref job, (grid.Positions + job.positionsPerPart - 1) / job.positionsPerPart);
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
        int channels = sizes.InputChannels;
        int first = index * positionsPerPart;
        int end = Math.Min(grid.Positions, first + positionsPerPart);
        int taps = grid.Taps;

        // Where the taps read and what they multiply with; taps that read padding are left out.
        float** reads = stackalloc float*[taps];
        float** factors = stackalloc float*[taps];
        int* weightTaps = stackalloc int[taps];
        for (int tap = 0; tap < taps; tap++)
        {
            weightTaps[tap] = grid.WeightTap(tap, sizes);
        }

        GridCursor cursor = new(grid, first);
        for (int position = first; position < end; position++)
        {
            int count = Collect(cursor, weightTaps, reads, factors);
            nint place = cursor.Output;
            cursor.MoveNext();
            WriteRow<T>(reads, factors, count, channels, place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Collect(in GridCursor cursor, int* weightTaps, float** reads, float** factors)
    {
        int count = 0;
        int tap = 0;
        for (int u0 = 0; u0 < grid.Axis0.Taps; u0++)
        {
            int source0 = cursor.Source0 + (u0 * grid.Axis0.TapStep);
            for (int u1 = 0; u1 < grid.Axis1.Taps; u1++)
            {
                int source1 = cursor.Source1 + (u1 * grid.Axis1.TapStep);
                nint line = (((((nint)cursor.Batch * grid.Axis0.Source) + source0) * grid.Axis1.Source) + source1) * grid.Axis2.Source;
                bool inside = (uint)source0 < (uint)grid.Axis0.Source && (uint)source1 < (uint)grid.Axis1.Source;
                for (int u2 = 0; u2 < grid.Axis2.Taps; u2++, tap++)
                {
                    int source2 = cursor.Source2 + (u2 * grid.Axis2.TapStep);
                    if (inside && (uint)source2 < (uint)grid.Axis2.Source)
                    {
                        reads[count] = source + ((line + source2) * sizes.InputChannels);
                        factors[count++] = weight + ((nint)weightTaps[tap] * sizes.InputChannels);
                    }
                }
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void WriteRow<T>(float** reads, float** factors, int count, int channels, nint place)
        where T : unmanaged, ISimd<T>
    {
        float* row = output + (place * channels);
        float* sums = stackalloc float[16];
        for (int channel = 0; channel < channels; channel += T.Width)
        {
            int lanes = Math.Min(T.Width, channels - channel);
            T sum = T.Zero;
            for (int tap = 0; tap < count; tap++)
            {
                sum = lanes == T.Width
                    ? T.MultiplyAdd(T.Load(reads[tap] + channel), T.Load(factors[tap] + channel), sum)
                    : T.MultiplyAdd(
                        SimdExtensions.LoadPartial<T>(reads[tap] + channel, lanes),
                        SimdExtensions.LoadPartial<T>(factors[tap] + channel, lanes), sum);
            }

            T.Store(sum, sums);
            epilogue.At(0, channel).Write<T>(sums, row + channel, place, lanes, epilogue.Accumulate, last: true);
        }
    }
}
