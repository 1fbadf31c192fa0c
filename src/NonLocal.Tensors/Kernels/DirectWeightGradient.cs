using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The weight gradient of a convolution whose windows have three taps along the fastest axis and move by one: register tiles read both
/// maps where they lie. The lines are shared out to parts with sums of their own, which are added in order.
/// </summary>
internal unsafe struct DirectWeightGradient : IParallelJob
{
    private const int WantedParts = 16;
    private const int ColumnsPerPart = 64;
    private const long LeastWorkPerPart = 1 << 20;
    private const int MostChannels = 256;

    // Positions that are summed up in registers, and lie in the caches for all tiles.
    private const int BlockPositions = 256;

    public ConvolutionSizes Sizes;
    public float* Input;
    public float* OutputGradient;

    /// <summary><see cref="ScratchFloats"/> floats.</summary>
    public float* Partials;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Splits(Sizes) * ColumnParts(Sizes);

    /// <summary>Whether this route suits a convolution.</summary>
    public static bool Suits(in ConvolutionSizes sizes) =>
        SimdWidth.Is512 && sizes is { Groups: 1, Axis2: { Kernel: WeightGradientTile.Taps, Stride: 1, Dilation: 1 } }
        && sizes.OutputChannels % 16 == 0 && sizes.InputChannels % WeightGradientTile.Channels == 0
        && sizes.InputChannels <= MostChannels && sizes.OutputPositions > 0;

    /// <summary>Scratch memory: the sums of all parts.</summary>
    public static long ScratchFloats(in ConvolutionSizes sizes) => Splits(sizes) * WeightFloats(sizes);

    /// <summary>How many sums there are for each weight.</summary>
    public static int Splits(in ConvolutionSizes sizes)
    {
        long work = WeightFloats(sizes) * sizes.OutputPositions;
        long parts = Math.Clamp(work / LeastWorkPerPart, 1, WantedParts);
        return (int)Math.Clamp(parts / ColumnParts(sizes), 1, Lines(sizes));
    }

    public readonly void Execute(int index, int worker) => Execute<Simd512>(index / ColumnParts(Sizes), index % ColumnParts(Sizes));

    private static long WeightFloats(in ConvolutionSizes sizes) => (long)sizes.Taps * sizes.InputChannels * sizes.OutputChannels;

    private static int ColumnParts(in ConvolutionSizes sizes) => (sizes.OutputChannels + ColumnsPerPart - 1) / ColumnsPerPart;

    private static int Lines(in ConvolutionSizes sizes) => sizes.Batch * sizes.Axis0.Output * sizes.Axis1.Output;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int split, int columnPart)
        where T : unmanaged, ISimd<T>
    {
        int outputs = Sizes.OutputChannels;
        int firstColumn = columnPart * ColumnsPerPart;
        int columns = Math.Min(ColumnsPerPart, outputs - firstColumn);
        float* sums = Partials + (nint)(split * WeightFloats(Sizes)) + firstColumn;
        for (int row = 0; row < Sizes.Taps * Sizes.InputChannels; row++)
        {
            new Span<float>(sums + ((nint)row * outputs), columns).Clear();
        }

        WindowGrid grid = WindowGrid.Forward(Sizes);
        int linesPerBlock = Math.Max(1, BlockPositions / Sizes.Axis2.Output);
        LinePair* lines = stackalloc LinePair[BlockPositions];
        int splits = Splits(Sizes);
        int end = (int)((split + 1L) * Lines(Sizes) / splits);
        for (int line = (int)((long)split * Lines(Sizes) / splits); line < end; line += linesPerBlock)
        {
            int blockEnd = Math.Min(end, line + linesPerBlock);
            for (int u0 = 0; u0 < Sizes.Axis0.Kernel; u0++)
            {
                for (int u1 = 0; u1 < Sizes.Axis1.Kernel; u1++)
                {
                    int count = Collect(grid, line, blockEnd, u0, u1, lines);
                    int tap = ((u0 * Sizes.Axis1.Kernel) + u1) * WeightGradientTile.Taps;
                    AddTiles<T>(lines, count, firstColumn, columns, sums + ((nint)tap * Sizes.InputChannels * outputs));
                }
            }
        }
    }

    // The lines of the input that some output lines read by one tap along the slower axes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Collect(in WindowGrid grid, int first, int end, int u0, int u1, LinePair* to)
    {
        int count = 0;
        for (int line = first; line < end; line++)
        {
            WindowPlace place = new(new GridCursor(grid, line * grid.Axis2.Grid));
            int source0 = place.Source0 + (u0 * grid.Axis0.TapStep);
            int source1 = place.Source1 + (u1 * grid.Axis1.TapStep);
            if ((uint)source0 < (uint)grid.Axis0.Source && (uint)source1 < (uint)grid.Axis1.Source)
            {
                nint source = (((((nint)place.Batch * grid.Axis0.Source) + source0) * grid.Axis1.Source) + source1) * grid.Axis2.Source;
                nint output = (nint)line * grid.Axis2.Grid;
                to[count++] = new LinePair(Input + (source * Sizes.InputChannels), OutputGradient + (output * Sizes.OutputChannels));
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddTiles<T>(LinePair* lines, int count, int firstColumn, int columns, float* sums)
        where T : unmanaged, ISimd<T>
    {
        int channels = Sizes.InputChannels;
        int outputs = Sizes.OutputChannels;
        ConvolutionAxis axis = Sizes.Axis2;
        WeightGradientSize size = new(axis.Input, axis.Output, axis.Padding, channels, outputs, (nint)channels * outputs, outputs);
        LinePair* own = stackalloc LinePair[BlockPositions];
        for (int channel = 0; channel < channels; channel += WeightGradientTile.Channels)
        {
            for (int column = 0; column < columns; column += T.Width)
            {
                for (int i = 0; i < count; i++)
                {
                    own[i] = new LinePair(lines[i].Input + channel, lines[i].Gradient + firstColumn + column);
                }

                WeightGradientTile.Add<T>(own, count, size, sums + ((nint)channel * outputs) + column);
            }
        }
    }
}
