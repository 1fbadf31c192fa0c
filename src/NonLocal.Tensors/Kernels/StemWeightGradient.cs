using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The weight gradient of a convolution of a map with few channels, as at the beginning of a network: the taps of a line and their channels
/// lie side by side in a padded copy of it, and eight of them times two registers of outputs stay in registers while the line passes by.
/// The lines are shared out to parts with sums of their own, which are added in order.
/// </summary>
internal unsafe struct StemWeightGradient : IParallelJob
{
    private const int TileRows = 8;
    private const int MostRows = 48;
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
        int column = 0;
        for (; column + (2 * T.Width) <= outputs; column += 2 * T.Width)
        {
            for (int row = 0; row < rows; row += TileRows)
            {
                AddTile<T>(
                    windows + row, step, gradient + column, outputs, Sizes.Axis2.Output, sums + ((nint)row * outputs) + column,
                    Math.Min(TileRows, rows - row));
            }
        }

        // The last register as two of half the width: a number of the map is spread over them twice as fast.
        for (int row = 0; column < outputs && row < rows; row += TileRows)
        {
            AddTile<Simd256>(
                windows + row, step, gradient + column, outputs, Sizes.Axis2.Output, sums + ((nint)row * outputs) + column,
                Math.Min(TileRows, rows - row));
        }
    }

    // Adds Σ x[position, row] · g[position, output] to the sums of some rows and two registers of outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTile<T>(float* x, nint step, float* g, nint outputs, int positions, float* sums, int rows)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, b0 = T.Zero, b1 = T.Zero, c0 = T.Zero, c1 = T.Zero, d0 = T.Zero, d1 = T.Zero;
        T e0 = T.Zero, e1 = T.Zero, f0 = T.Zero, f1 = T.Zero, g0 = T.Zero, g1 = T.Zero, h0 = T.Zero, h1 = T.Zero;
        for (int position = 0; position < positions; position++)
        {
            T r0 = T.Load(g);
            T r1 = T.Load(g + T.Width);
            Row(x[0], r0, r1, ref a0, ref a1);
            Row(x[1], r0, r1, ref b0, ref b1);
            Row(x[2], r0, r1, ref c0, ref c1);
            Row(x[3], r0, r1, ref d0, ref d1);
            Row(x[4], r0, r1, ref e0, ref e1);
            Row(x[5], r0, r1, ref f0, ref f1);
            Row(x[6], r0, r1, ref g0, ref g1);
            Row(x[7], r0, r1, ref h0, ref h1);
            x += step;
            g += outputs;
        }

        Add(a0, a1, sums, 0, rows, outputs);
        Add(b0, b1, sums, 1, rows, outputs);
        Add(c0, c1, sums, 2, rows, outputs);
        Add(d0, d1, sums, 3, rows, outputs);
        Add(e0, e1, sums, 4, rows, outputs);
        Add(f0, f1, sums, 5, rows, outputs);
        Add(g0, g1, sums, 6, rows, outputs);
        Add(h0, h1, sums, 7, rows, outputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T>(float left, T r0, T r1, ref T sum0, ref T sum1)
        where T : unmanaged, ISimd<T>
    {
        T factor = T.Broadcast(left);
        sum0 = T.MultiplyAdd(factor, r0, sum0);
        sum1 = T.MultiplyAdd(factor, r1, sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(T sum0, T sum1, float* to, int row, int rows, nint outputs)
        where T : unmanaged, ISimd<T>
    {
        if (row < rows)
        {
            to += row * outputs;
            T.Store(T.Load(to) + sum0, to);
            T.Store(T.Load(to + T.Width) + sum1, to + T.Width);
        }
    }
}
