using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A convolution whose window reads three frames of one position (3×1×1) and moves by one: four frames of outputs from six products in
/// place of twelve (<see cref="WinogradTransform"/> along time). A part transforms some positions, multiplies them by the transformed
/// weight, one product for each of the six factors, and transforms back. Serves the input gradient too, by another grid.
/// </summary>
internal unsafe struct WinogradFrames : IParallelJob
{
    private const int Outputs = WinogradTransform.Outputs;
    private const int Factors = WinogradTransform.Inputs;
    private const int TileRows = WinogradProduct.Rows;
    private const int ChannelUnit = 16;
    private const int LeastChannels = 64;

    // A part's factors and products should lie in the second-level cache; but every weight that is read should meet 32 positions.
    private const int WantedFloats = 1 << 17;
    private const int LeastRows = 32;

    // Weights twice as large that come from memory cost more than the products save.
    private const long MostPackedFloats = 1 << 21;

    public WindowGrid Grid;
    public float* Map;
    public int Channels;
    public int Columns;

    /// <summary>From <see cref="WinogradFramePacking"/>.</summary>
    public float* Packed;

    public float* Output;
    public ProductEpilogue Epilogue;

    /// <summary><see cref="WorkerFloats"/> floats for each worker.</summary>
    public float* WorkerScratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Grid.Batch * FrameTiles(Grid) * Blocks;

    private readonly int Blocks
    {
        get
        {
            int rows = RowsPerPart(Grid, Channels, Columns);
            return (Positions(Grid) + rows - 1) / rows;
        }
    }

    private readonly bool IsPlain => Epilogue is { Bias: null, Relu: false, Accumulate: false } && Epilogue.Residual.Data == null;

    /// <summary>Whether this route suits a walk over a map with the given channels.</summary>
    public static bool Suits(in WindowGrid grid, int groups, int channels, int columns) =>
        groups == 1 && channels % ChannelUnit == 0 && columns % ChannelUnit == 0 && Math.Min(channels, columns) >= LeastChannels
        && PackedFloats(channels, columns) <= MostPackedFloats
        && grid.Axis0 is { Taps: WinogradTransform.Taps, TapStep: 1, Step: 1, OutputStep: 1 } && IsPoint(grid.Axis1) && IsPoint(grid.Axis2)
        && 4 * FrameTiles(grid) * Outputs <= 5 * grid.Axis0.Grid && Positions(grid) >= TileRows;

    /// <summary>Scratch memory of one worker.</summary>
    public static long WorkerFloats(in WindowGrid grid, int channels, int columns)
    {
        nint rows = RowsPerPart(grid, channels, columns);
        return (Factors * (FactorStride(rows, channels) + WinogradTransform.FactorStride(rows * columns))) + (Outputs * columns);
    }

    /// <summary>Size of a transformed weight.</summary>
    public static long PackedFloats(int channels, int columns) => Factors * MatrixProduct.PackedFloats(channels, columns);

    public readonly void Execute(int index, int worker)
    {
        float* scratch = WorkerScratch + (nint)(worker * WorkerFloats(Grid, Channels, Columns));
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

    // Positions of a frame.
    private static int Positions(in WindowGrid grid) => grid.Axis1.Grid * grid.Axis2.Grid;

    private static int FrameTiles(in WindowGrid grid) => (grid.Axis0.Grid + Outputs - 1) / Outputs;

    private static bool IsPoint(in WindowAxis axis) =>
        axis is { Taps: 1, Step: 1, First: 0, OutputFirst: 0, OutputStep: 1 } && axis.Source == axis.Grid && axis.Output == axis.Grid;

    private static int RowsPerPart(in WindowGrid grid, int channels, int columns)
    {
        int rows = Math.Max(LeastRows, WantedFloats / (Factors * (channels + columns)));
        int blocks = (Positions(grid) + rows - 1) / rows;
        return (((Positions(grid) + blocks - 1) / blocks) + TileRows - 1) / TileRows * TileRows;
    }

    private static nint FactorStride(nint rows, int channels) => WinogradTransform.FactorStride(rows * WinogradPart.RowStride(channels));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        int most = RowsPerPart(Grid, Channels, Columns);
        int first = index % Blocks * most;
        int frame = index / Blocks % FrameTiles(Grid) * Outputs;
        int sample = index / Blocks / FrameTiles(Grid);
        int positions = Math.Min(most, Positions(Grid) - first);
        nint factorStride = FactorStride(most, Channels);
        nint productStride = WinogradTransform.FactorStride((nint)most * Columns);
        float* products = scratch + (Factors * factorStride);
        TransformInput<T>(sample, frame, first, positions, scratch, factorStride);

        // Positions that fill up the last register tile; their products are not used.
        int rows = (positions + TileRows - 1) / TileRows * TileRows;
        nint rowStride = WinogradPart.RowStride(Channels);
        for (int factor = 0; factor < Factors; factor++)
        {
            float* factors = scratch + (factor * factorStride);
            new Span<float>(factors + (positions * rowStride), (int)((rows - positions) * rowStride)).Clear();
            Multiply<T>(rows, factors, factor, products + (factor * productStride));
        }

        TransformBack<T>(sample, frame, first, positions, products, productStride);
    }

    // The factors of six frames, the first of which tap 0 reads for a frame.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformInput<T>(int sample, int frame, int first, int positions, float* to, nint factorStride)
        where T : unmanaged, ISimd<T>
    {
        float** frames = stackalloc float*[Factors];
        for (int i = 0; i < Factors; i++)
        {
            bool exists = WinogradTiles.Reads(Grid, frame + i, 0, out int source);
            nint plane = ((nint)sample * Grid.Axis0.Source) + source;
            frames[i] = exists ? Map + (((plane * Positions(Grid)) + first) * Channels) : null;
        }

        for (int position = 0; position < positions; position++, to += WinogradPart.RowStride(Channels))
        {
            nint at = (nint)position * Channels;
            for (int channel = 0; channel < Channels; channel += T.Width, at += T.Width)
            {
                WinogradTransform.Spread(
                    Read<T>(frames[0], at), Read<T>(frames[1], at), Read<T>(frames[2], at), Read<T>(frames[3], at),
                    Read<T>(frames[4], at), Read<T>(frames[5], at), to + channel, factorStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Read<T>(float* frame, nint at)
        where T : unmanaged, ISimd<T> => frame == null ? T.Zero : T.Load(frame + at);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply<T>(int rows, float* factors, int factor, float* products)
        where T : unmanaged, ISimd<T>
    {
        nint rowStride = WinogradPart.RowStride(Channels);
        float* right = Packed + (factor * (nint)MatrixProduct.PackedFloats(Channels, Columns));
        for (int column = 0; column < Columns; column += 2 * T.Width, right += (nint)Channels * 2 * T.Width)
        {
            int columns = Math.Min(2 * T.Width, Columns - column);
            for (int row = 0; row < rows; row += TileRows)
            {
                TallSegment segment = new(factors + (row * rowStride), right);
                WinogradProduct.Run<T>(&segment, 1, rowStride, Channels, columns, products + ((nint)row * Columns) + column, Columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformBack<T>(int sample, int frame, int first, int positions, float* products, nint productStride)
        where T : unmanaged, ISimd<T>
    {
        float* outputs = products + (Factors * productStride);
        int frames = Math.Min(Outputs, Grid.Axis0.Grid - frame);
        bool straight = IsPlain && frames == Outputs;
        nint step = straight ? (nint)Positions(Grid) * Columns : Columns;
        for (int position = 0; position < positions; position++, products += Columns)
        {
            nint row = ((((nint)sample * Grid.Axis0.Grid) + frame) * Positions(Grid)) + first + position;
            float* to = straight ? Output + (row * Columns) : outputs;
            for (int column = 0; column < Columns; column += T.Width)
            {
                WinogradTransform.Gather<T>(products + column, productStride, to + column, step);
            }

            for (int i = 0; !straight && i < frames; i++, row += Positions(Grid))
            {
                Epilogue.Write<T>(
                    outputs + (i * (nint)Columns), Output + (row * Columns), row, Columns, Epilogue.Accumulate, last: true);
            }
        }
    }
}
