using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A convolution to no more channels than a register holds, without packing: neighbouring windows along the fastest axis are the rows of
/// the tall kernel, which reads them in the map. Serves the input gradient too, by another grid.
/// </summary>
internal unsafe struct NarrowConvolution : IParallelJob
{
    private const int MostStretchFloats = 4096;
    private const int MostTaps = 128;
    private const long WorkPerPart = 1 << 18;

    public WindowGrid Grid;
    public WindowMap Map;
    public int Channels;
    public int Columns;

    /// <summary>One packed panel: [taps · channels, 2 registers].</summary>
    public float* PackedRight;

    public Matrix Output;
    public ProductEpilogue Epilogue;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Lines + LinesPerPart - 1) / LinesPerPart;

    private readonly int Lines => Grid.Batch * Grid.Axis0.Grid * Grid.Axis1.Grid;

    private readonly int LinesPerPart =>
        (int)Math.Max(1, WorkPerPart / Math.Max(1, (long)Grid.Axis2.Grid * Grid.Taps * Channels * Columns));

    /// <summary>Whether this route suits a walk over a map with the given channels.</summary>
    public static bool Suits(in WindowGrid grid, int groups, int channels, int columns) =>
        groups == 1 && columns <= SimdWidth.Bits / 32 && grid.Taps is > 0 and <= MostTaps
        && (long)Positions(grid, TallKernel.Rows) * channels * grid.Axis0.Taps * grid.Axis1.Taps <= MostStretchFloats;

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

    // Source positions that some neighbouring windows read along the fastest axis.
    private static int Positions(in WindowGrid grid, int windows) =>
        ((windows - 1) * grid.Axis2.Step) + ((grid.Axis2.Taps - 1) * grid.Axis2.TapStep) + 1;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index)
        where T : unmanaged, ISimd<T>
    {
        float* buffer = stackalloc float[MostStretchFloats];
        float* tile = stackalloc float[TallKernel.TileFloats];
        TallSegment* segments = stackalloc TallSegment[MostTaps];
        int length = Grid.Axis2.Grid;
        int end = Math.Min(Lines, (index + 1) * LinesPerPart);

        // Taps that lie side by side are one segment.
        bool together = Grid.Axis2.TapStep == 1;
        int inner = together ? Grid.Axis2.Taps * Channels : Channels;
        for (int line = index * LinesPerPart; line < end; line++)
        {
            GridCursor cursor = Map.CursorAt(line * length);
            for (int first = 0; first < length; first += TallKernel.Rows)
            {
                int rows = Math.Min(TallKernel.Rows, length - first);
                int count = Collect(new WindowPlace(cursor), rows, together, inner, 2 * T.Width, segments, buffer);
                TallKernel.Run<T>(segments, count, Grid.Axis2.Step * Channels, 1, rows, 2 * T.Width, inner, tile);
                for (int i = 0; i < rows; i++)
                {
                    nint row = cursor.Output;
                    cursor.MoveNext();
                    float* to = Output.At(0, row, 0);
                    Epilogue.Write<T>(tile + (i * T.Width), to, row, Columns, Epilogue.Accumulate, last: true);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Collect(
        in WindowPlace place, int rows, bool together, int inner, int rightStep, TallSegment* segments, float* buffer)
    {
        int count = 0;
        int positions = Positions(Grid, rows);
        float* right = PackedRight;
        for (int u0 = 0; u0 < Grid.Axis0.Taps; u0++)
        {
            for (int u1 = 0; u1 < Grid.Axis1.Taps; u1++)
            {
                float* read = Map.ReadStretch(place, u0 * Grid.Axis0.TapStep, u1 * Grid.Axis1.TapStep, positions, buffer);
                buffer += positions * Channels;
                for (int u2 = 0; u2 < (together ? 1 : Grid.Axis2.Taps); u2++)
                {
                    if (read != null)
                    {
                        segments[count++] = new TallSegment(read + (u2 * Grid.Axis2.TapStep * Channels), right);
                    }

                    right += (nint)inner * rightStep;
                }
            }
        }

        return count;
    }
}
