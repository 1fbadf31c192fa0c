using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The weight gradient of a 3×3 window that moves by one, in tiles of 4×4 outputs: inputs and gradients are transformed, their products
/// over the tiles are summed up for each of the 36 factors, and the sums are transformed back (<see cref="WinogradTransform"/>). 36
/// products in place of 144.
/// </summary>
/// <remarks>
/// A part is a stretch of tiles and a block of input and output channels, whose sums stay in the second-level cache. The stretches'
/// gradients are tables that are added in order.
/// </remarks>
internal unsafe struct WinogradWeightGradient : IParallelJob
{
    private const int Products = WinogradTransform.Products;
    private const int Taps = WinogradTransform.Taps * WinogradTransform.Taps;

    // With fewer, the transforms take longer than the products save (DirectWeightGradient: 35 ms, this: 40 ms for 16 channels).
    private const int LeastChannels = 32;

    // Channels of a block, of both sides: 36 · 64 · 64 sums are half a megabyte.
    private const int BlockChannels = 64;
    private const int WantedParts = 16;
    private const int LeastTilesPerPart = 64;

    // Sums, factors and products' gradients that should lie in the second-level cache together.
    private const int WantedFloats = 220_000;
    private const int LeastTilesPerRound = 16;
    private const int MostTilesPerRound = 128;

    public WindowGrid Grid;
    public int InputChannels;
    public int OutputChannels;
    public float* Input;
    public float* OutputGradient;

    /// <summary><see cref="ScratchFloats"/> floats: a table for each stretch, then the workers' own.</summary>
    public float* Scratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Splits(Grid, InputChannels, OutputChannels) * Blocks(InputChannels) * Blocks(OutputChannels);

    /// <summary>Whether this route suits a convolution.</summary>
    public static bool Suits(in ConvolutionSizes sizes) =>
        SimdWidth.Is512 && sizes is { Groups: 1 } && sizes.InputChannels % 16 == 0 && sizes.OutputChannels % 16 == 0
        && Math.Min(sizes.InputChannels, sizes.OutputChannels) >= LeastChannels && WinogradTiles.Suits(WindowGrid.Forward(sizes));

    /// <summary>Scratch memory.</summary>
    public static long ScratchFloats(in ConvolutionSizes sizes, int threads)
    {
        int rows = Math.Min(BlockChannels, sizes.InputChannels);
        int columns = Math.Min(BlockChannels, sizes.OutputChannels);
        return (Splits(sizes) * TableFloats(sizes.InputChannels, sizes.OutputChannels)) + (threads * WorkerFloats(rows, columns));
    }

    /// <summary>How many tables there are to be added.</summary>
    public static int Splits(in ConvolutionSizes sizes) =>
        Splits(WindowGrid.Forward(sizes), sizes.InputChannels, sizes.OutputChannels);

    public readonly void Execute(int index, int worker) => Execute<Simd512>(index, worker);

    private static long TableFloats(int inputChannels, int outputChannels) => (long)Taps * inputChannels * outputChannels;

    private static long WorkerFloats(int rows, int columns) =>
        ((long)rows * columns * Products)
        + (Products * (FactorStride(rows, rows, columns) + FactorStride(columns, rows, columns)));

    // Of the numbers that some channels of a round have.
    private static nint FactorStride(int channels, int rows, int columns) =>
        WinogradTransform.FactorStride((nint)TilesPerRound(rows, columns) * channels);

    private static int TilesPerRound(int rows, int columns) => Math.Clamp(
        (WantedFloats - (Products * rows * columns)) / (Products * (rows + columns)), LeastTilesPerRound, MostTilesPerRound);

    private static int Blocks(int channels) => (channels + BlockChannels - 1) / BlockChannels;

    private static int Splits(in WindowGrid grid, int inputChannels, int outputChannels)
    {
        int blocks = Blocks(inputChannels) * Blocks(outputChannels);
        int wanted = (WantedParts + blocks - 1) / blocks;
        return Math.Clamp(WinogradTiles.Count(grid) / LeastTilesPerPart, 1, wanted);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, int worker)
        where T : unmanaged, ISimd<T>
    {
        int splits = Splits(Grid, InputChannels, OutputChannels);
        int split = index % splits;
        int firstRow = index / splits % Blocks(InputChannels) * BlockChannels;
        int firstColumn = index / splits / Blocks(InputChannels) * BlockChannels;
        int rows = Math.Min(BlockChannels, InputChannels - firstRow);
        int columns = Math.Min(BlockChannels, OutputChannels - firstColumn);

        // Of a whole block, which narrower ones fit into.
        int mostRows = Math.Min(BlockChannels, InputChannels);
        int mostColumns = Math.Min(BlockChannels, OutputChannels);
        int tilesPerRound = TilesPerRound(mostRows, mostColumns);
        nint factors = FactorStride(mostRows, mostRows, mostColumns);
        nint gradients = FactorStride(mostColumns, mostRows, mostColumns);
        float* sums = Scratch
            + (nint)((splits * TableFloats(InputChannels, OutputChannels)) + (worker * WorkerFloats(mostRows, mostColumns)));
        float* left = sums + ((nint)Products * rows * columns);
        float* right = left + (Products * factors);
        new Span<float>(sums, Products * rows * columns).Clear();

        int tiles = WinogradTiles.Count(Grid);
        int end = (int)((split + 1L) * tiles / splits);
        for (int first = (int)((long)split * tiles / splits); first < end; first += tilesPerRound)
        {
            int count = Math.Min(tilesPerRound, end - first);
            for (int tile = 0; tile < count; tile++)
            {
                WinogradTiles.TransformInput<T>(
                    Grid, Input, InputChannels, firstRow, rows, first + tile, left + ((nint)tile * rows), factors);
                WinogradTiles.TransformGradient<T>(
                    Grid, OutputGradient, OutputChannels, firstColumn, columns, first + tile, right + ((nint)tile * columns), gradients);
            }

            for (int product = 0; product < Products; product++)
            {
                AddProducts<T>(
                    left + (product * factors), rows, right + (product * gradients), columns, count,
                    sums + ((nint)product * rows * columns));
            }
        }

        float* table = Scratch + (nint)(split * TableFloats(InputChannels, OutputChannels));
        for (int row = 0; row < rows; row++)
        {
            float* to = table + (((nint)firstRow + row) * OutputChannels) + firstColumn;
            for (int column = 0; column < columns; column += T.Width)
            {
                WinogradTransform.WeightGradient<T>(
                    sums + ((nint)row * columns) + column, (nint)rows * columns, to + column, (nint)InputChannels * OutputChannels);
            }
        }
    }

    // sums[row, column] += Σ over tiles of left[tile, row] · right[tile, column]; two registers of columns at a time where there are.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProducts<T>(
        float* left, int rows, float* right, int columns, int count, float* sums)
        where T : unmanaged, ISimd<T>
    {
        int column = 0;
        for (; column + (2 * T.Width) <= columns; column += 2 * T.Width)
        {
            for (int row = 0; row < rows; row += WinogradGradientTile.Rows)
            {
                WinogradGradientTile.AddTwo<T>(
                    left + row, rows, right + column, columns, count, sums + ((nint)row * columns) + column, columns);
            }
        }

        for (; column < columns; column += T.Width)
        {
            for (int row = 0; row < rows; row += WinogradGradientTile.Rows)
            {
                WinogradGradientTile.AddOne<T>(
                    left + row, rows, right + column, columns, count, sums + ((nint)row * columns) + column, columns);
            }
        }
    }
}
