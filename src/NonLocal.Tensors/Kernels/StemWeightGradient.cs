using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The weight gradient of a convolution of a map with few channels, as at the beginning of a network: the taps of a line and their channels
/// lie side by side in a padded copy of it, and eight of them times one register of outputs stay in registers while the line passes by. The
/// lines are shared out to parts with sums of their own, which are added in order.
/// </summary>
internal unsafe struct StemWeightGradient : IParallelJob
{
    private const int TileRows = 8;
    private const int MostRows = 32;
    private const int WantedParts = 16;
    private const long LeastWorkPerPart = 1 << 20;
    private const int MostLineFloats = 1 << 16;

    public ConvolutionSizes Sizes;
    public float* Input;
    public float* OutputGradient;

    /// <summary><see cref="ScratchFloats"/> floats: the sums of all parts, then the lines of every worker.</summary>
    public float* Scratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Splits(Sizes);

    /// <summary>Whether this route suits a convolution.</summary>
    public static bool Suits(in ConvolutionSizes sizes) =>
        SimdWidth.Is512 && sizes is { Groups: 1, Axis2: { Kernel: > 1, Dilation: 1 } }
        && sizes.OutputChannels % 16 == 0 && Rows(sizes) <= MostRows && sizes.OutputPositions > 0 && LineFloats(sizes) <= MostLineFloats;

    /// <summary>Scratch memory.</summary>
    public static long ScratchFloats(in ConvolutionSizes sizes, int threads) => SumFloats(sizes) + (threads * LineFloats(sizes));

    /// <summary>How many sums there are for each weight.</summary>
    public static int Splits(in ConvolutionSizes sizes)
    {
        long work = WeightFloats(sizes) * sizes.OutputPositions;
        return (int)Math.Clamp(work / LeastWorkPerPart, 1, Math.Min(WantedParts, Lines(sizes)));
    }

    public readonly void Execute(int index, int worker) =>
        Execute<Simd512>(index, Scratch + (nint)(SumFloats(Sizes) + (worker * LineFloats(Sizes))));

    // Taps of a line times channels.
    private static int Rows(in ConvolutionSizes sizes) => sizes.Axis2.Kernel * sizes.InputChannels;

    private static long WeightFloats(in ConvolutionSizes sizes) => (long)sizes.Taps * sizes.InputChannels * sizes.OutputChannels;

    private static int Lines(in ConvolutionSizes sizes) => sizes.Batch * sizes.Axis0.Output * sizes.Axis1.Output;

    // Up to a 64-byte boundary.
    private static long SumFloats(in ConvolutionSizes sizes) => ((Splits(sizes) * WeightFloats(sizes)) + 15) / 16 * 16;

    private static long LineFloats(in ConvolutionSizes sizes) =>
        (PaddedLines.Floats(WindowGrid.Forward(sizes), sizes.InputChannels, Windows(sizes)) + 15) / 16 * 16;

    // A tile's last rows may lie beyond the last window.
    private static int Windows(in ConvolutionSizes sizes) => sizes.Axis2.Output + TileRows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int split, float* memory)
        where T : unmanaged, ISimd<T>
    {
        WindowGrid grid = WindowGrid.Forward(Sizes);
        PaddedLines lines = new(Input, grid, Sizes.InputChannels, Windows(Sizes), memory);
        float* sums = Scratch + (nint)(split * WeightFloats(Sizes));
        new Span<float>(sums, (int)WeightFloats(Sizes)).Clear();
        int splits = Splits(Sizes);
        nint lineSums = (nint)Rows(Sizes) * Sizes.OutputChannels;
        int end = (int)((split + 1L) * Lines(Sizes) / splits);
        for (int line = (int)((long)split * Lines(Sizes) / splits); line < end; line++)
        {
            WindowPlace place = new(new GridCursor(grid, line * grid.Axis2.Grid));
            float* gradient = OutputGradient + ((nint)line * grid.Axis2.Grid * Sizes.OutputChannels);
            float* to = sums;
            for (int u0 = 0; u0 < Sizes.Axis0.Kernel; u0++)
            {
                for (int u1 = 0; u1 < Sizes.Axis1.Kernel; u1++, to += lineSums)
                {
                    float* windows = lines.Line(place, u0, u1);
                    if (windows != null)
                    {
                        AddLine<T>(windows, gradient, to);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddLine<T>(float* windows, float* gradient, float* sums)
        where T : unmanaged, ISimd<T>
    {
        int outputs = Sizes.OutputChannels;
        int rows = Rows(Sizes);
        nint step = (nint)Sizes.Axis2.Stride * Sizes.InputChannels;
        for (int column = 0; column < outputs; column += T.Width)
        {
            for (int row = 0; row < rows; row += TileRows)
            {
                AddTile<T>(
                    windows + row, step, gradient + column, outputs, Sizes.Axis2.Output, sums + ((nint)row * outputs) + column,
                    Math.Min(TileRows, rows - row));
            }
        }
    }

    // Adds Σ x[position, row] · g[position, output] to the sums of some rows.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile<T>(float* x, nint step, float* g, nint outputs, int positions, float* sums, int rows)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, a2 = T.Zero, a3 = T.Zero, a4 = T.Zero, a5 = T.Zero, a6 = T.Zero, a7 = T.Zero;
        for (int position = 0; position < positions; position++)
        {
            T factor = T.Load(g);
            a0 = T.MultiplyAdd(T.Broadcast(x[0]), factor, a0);
            a1 = T.MultiplyAdd(T.Broadcast(x[1]), factor, a1);
            a2 = T.MultiplyAdd(T.Broadcast(x[2]), factor, a2);
            a3 = T.MultiplyAdd(T.Broadcast(x[3]), factor, a3);
            a4 = T.MultiplyAdd(T.Broadcast(x[4]), factor, a4);
            a5 = T.MultiplyAdd(T.Broadcast(x[5]), factor, a5);
            a6 = T.MultiplyAdd(T.Broadcast(x[6]), factor, a6);
            a7 = T.MultiplyAdd(T.Broadcast(x[7]), factor, a7);
            x += step;
            g += outputs;
        }

        Add(a0, sums, 0, rows, outputs);
        Add(a1, sums, 1, rows, outputs);
        Add(a2, sums, 2, rows, outputs);
        Add(a3, sums, 3, rows, outputs);
        Add(a4, sums, 4, rows, outputs);
        Add(a5, sums, 5, rows, outputs);
        Add(a6, sums, 6, rows, outputs);
        Add(a7, sums, 7, rows, outputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(T sum, float* to, int row, int rows, nint outputs)
        where T : unmanaged, ISimd<T>
    {
        if (row < rows)
        {
            T.Store(T.Load(to + (row * outputs)) + sum, to + (row * outputs));
        }
    }
}
