using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A convolution without a packed copy of its windows: neighbouring windows along the fastest axis are the rows of a register tile, which
/// reads them in padded copies of a few lines. Serves the input gradient too, by another grid.
/// </summary>
internal unsafe struct DirectConvolution : IParallelJob
{
    // A worker's padded lines should lie in the second-level cache, beside a panel of weights.
    private const int MostLineFloats = 1 << 16;
    private const int MostInner = 2048;
    private const int MostTaps = 256;
    private const long WorkPerPart = 1 << 20;

    public WindowGrid Grid;
    public float* Map;
    public int Channels;
    public int Columns;

    /// <summary>Packed panels: [taps · channels, 2 registers] each.</summary>
    public float* PackedRight;

    public Matrix Output;
    public ProductEpilogue Epilogue;

    /// <summary><see cref="WorkerFloats"/> floats for each worker.</summary>
    public float* WorkerScratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Lines + LinesPerPart - 1) / LinesPerPart;

    private readonly int Lines => Grid.Batch * Grid.Axis0.Grid * Grid.Axis1.Grid;

    private readonly int LinesPerPart =>
        (int)Math.Max(1, WorkPerPart / Math.Max(1, (long)Grid.Axis2.Grid * Grid.Taps * Channels * Columns));

    private readonly bool IsPlain => Epilogue is { Bias: null, Relu: false, Accumulate: false } && Epilogue.Residual.Data == null;

    /// <summary>Whether this route suits a walk over a map with the given channels.</summary>
    public static bool Suits(in WindowGrid grid, int groups, int channels, int columns) =>
        groups == 1 && grid.Taps is > 0 and <= MostTaps && grid.Taps * channels <= MostInner
        && (columns <= SimdWidth.Bits / 32 || SimdWidth.Is512) && WorkerFloats(grid, channels) <= MostLineFloats;

    /// <summary>Scratch memory of one worker.</summary>
    public static long WorkerFloats(in WindowGrid grid, int channels) =>
        (PaddedLines.Floats(grid, channels, Windows(grid)) + 15) / 16 * 16;

    public readonly void Execute(int index, int worker)
    {
        float* scratch = WorkerScratch + (nint)(worker * WorkerFloats(Grid, Channels));
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(index, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(index, scratch);
        }
        else
        {
            Execute<Simd128>(index, scratch);
        }
    }

    // Windows that the tiles of a line read: whole tiles of the most rows.
    private static int Windows(in WindowGrid grid) =>
        (grid.Axis2.Grid + ConvolutionTile.ThreeTapRows - 1) / ConvolutionTile.ThreeTapRows * ConvolutionTile.ThreeTapRows;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        TallSegment* segments = stackalloc TallSegment[MostTaps];
        PaddedLines lines = new(Map, Grid, Channels, Windows(Grid), scratch);
        int length = Grid.Axis2.Grid;
        int end = Math.Min(Lines, (index + 1) * LinesPerPart);

        // Taps that lie side by side are one segment.
        bool together = Grid.Axis2.TapStep == 1;
        int inner = together ? Grid.Axis2.Taps * Channels : Channels;
        nint panelFloats = (nint)Grid.Taps * Channels * 2 * T.Width;
        for (int line = index * LinesPerPart; line < end; line++)
        {
            GridCursor cursor = new(Grid, line * length);
            int count = Collect(lines, new WindowPlace(cursor), together, inner, 2 * T.Width, segments);
            nint row = cursor.Output;
            for (int column = 0; column < Columns; column += 2 * T.Width)
            {
                Multiply<T>(segments, count, inner, row, column);
                for (int i = 0; i < count; i++)
                {
                    segments[i] = new TallSegment(segments[i].Left, segments[i].Right + panelFloats);
                }
            }
        }
    }

    // The segments of window 0 of a line, with the first panel of the right matrix.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Collect(
        in PaddedLines lines, in WindowPlace place, bool together, int inner, int rightStep, TallSegment* segments)
    {
        int count = 0;
        float* right = PackedRight;
        for (int u0 = 0; u0 < Grid.Axis0.Taps; u0++)
        {
            for (int u1 = 0; u1 < Grid.Axis1.Taps; u1++)
            {
                float* read = lines.Line(place, u0, u1);
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

    // One output line times one panel.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply<T>(TallSegment* from, int count, int inner, nint row, int column)
        where T : unmanaged, ISimd<T>
    {
        float* tile = stackalloc float[ConvolutionTile.ThreeTapRows * 16];
        TallSegment* segments = stackalloc TallSegment[MostTaps];
        int length = Grid.Axis2.Grid;
        int columns = Math.Min(2 * T.Width, Columns - column);
        bool wide = columns > T.Width;
        bool threeTaps = !wide && T.Width == 16 && length > TallKernel.Rows && Grid.Axis2 is { Taps: 3, TapStep: 1, Step: 1 };
        int tileRows = threeTaps ? ConvolutionTile.ThreeTapRows : ConvolutionTile.TwoRegisterRows;
        int registers = wide ? 2 : 1;
        nint step = (nint)Grid.Axis2.Step * Channels;
        nint outputStep = Output.RowStride * Grid.Axis2.OutputStep;
        ProductEpilogue epilogue = Epilogue.At(0, column);
        bool whole = IsPlain && columns == registers * T.Width;
        for (int first = 0; first < length; first += tileRows)
        {
            int rows = Math.Min(tileRows, length - first);
            for (int i = 0; i < count; i++)
            {
                segments[i] = new TallSegment(from[i].Left + (first * step), from[i].Right);
            }

            // Finished rows of full registers are stored where they belong, others pass through the tile.
            nint firstRow = row + (first * Grid.Axis2.OutputStep);
            bool straight = whole && rows == tileRows && (threeTaps || wide);
            float* to = straight ? Output.At(0, firstRow, column) : tile;
            nint toStride = straight ? outputStep : registers * T.Width;
            if (wide)
            {
                ConvolutionTile.TwoRegisters<T>(segments, count, step, 2 * T.Width, inner, to, toStride);
            }
            else if (threeTaps)
            {
                ConvolutionTile.ThreeTaps<T>(segments, count, step, 2 * T.Width, to, toStride);
            }
            else if (T.Width == 16)
            {
                // One register as two of half the width: a number of the map is spread over them twice as fast.
                ConvolutionTile.TwoRegisters<Simd256>(segments, count, step, 2 * T.Width, inner, to, toStride);
            }
            else
            {
                TallKernel.Run<T>(segments, count, step, 1, rows, 2 * T.Width, inner, tile);
            }

            for (int i = 0; !straight && i < rows; i++)
            {
                nint number = firstRow + (i * Grid.Axis2.OutputStep);
                epilogue.Write<T>(
                    tile + (i * registers * T.Width), Output.At(0, number, column), number, columns, epilogue.Accumulate, last: true);
            }
        }
    }
}
