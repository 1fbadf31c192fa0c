using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The weight gradient of a 3×3 window that moves by one, in tiles of 4×4 outputs: inputs and gradients are transformed, their products
/// over the tiles are summed up for each of the 36 factors, and the sums are transformed back (<see cref="WinogradTransform"/>). 36
/// products in place of 144. A window that reads several frames has such sums for each of its taps along time, of the same factors.
/// </summary>
/// <remarks>
/// A part is a stretch of tiles and a block of input and output channels, whose sums stay in the second-level cache. The stretches'
/// gradients are tables that are added in order.
/// </remarks>
internal unsafe struct WinogradWeightGradient : IParallelJob
{
    private const int Products = WinogradTransform.Products;
    private const int Taps = WinogradTransform.Taps * WinogradTransform.Taps;

    // With fewer, the transforms take longer than the products of a single frame save (DirectWeightGradient: 35 ms, this: 40 ms for 16).
    private const int LeastChannelsOfFrame = 32;

    private const int WantedParts = 16;
    private const int LeastTilesPerPart = 64;

    public WindowGrid Grid;
    public int InputChannels;
    public int OutputChannels;
    public float* Input;
    public float* OutputGradient;

    /// <summary><see cref="ScratchFloats"/> floats: a table for each stretch, then the workers' own.</summary>
    public float* Scratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts
    {
        get
        {
            WinogradGradientPart part = WinogradGradientPart.Of(Grid, InputChannels, OutputChannels);
            return Splits(Grid, InputChannels, OutputChannels) * part.Blocks(InputChannels) * part.Blocks(OutputChannels);
        }
    }

    /// <summary>Whether this route suits a convolution.</summary>
    public static bool Suits(in ConvolutionSizes sizes) =>
        SimdWidth.Is512 && sizes is { Groups: 1 } && sizes.InputChannels % 16 == 0 && sizes.OutputChannels % 16 == 0
        && (sizes.Axis0.Kernel > 1 || Math.Min(sizes.InputChannels, sizes.OutputChannels) >= LeastChannelsOfFrame)
        && WinogradTiles.Suits(WindowGrid.Forward(sizes));

    /// <summary>Scratch memory.</summary>
    public static long ScratchFloats(in ConvolutionSizes sizes, int threads)
    {
        WinogradGradientPart part = WinogradGradientPart.Of(WindowGrid.Forward(sizes), sizes.InputChannels, sizes.OutputChannels);
        return (Splits(sizes) * TableFloats(sizes.Axis0.Kernel, sizes.InputChannels, sizes.OutputChannels)) + (threads * part.Floats);
    }

    /// <summary>How many tables there are to be added.</summary>
    public static int Splits(in ConvolutionSizes sizes) =>
        Splits(WindowGrid.Forward(sizes), sizes.InputChannels, sizes.OutputChannels);

    public readonly void Execute(int index, int worker) => Execute<Simd512>(index, worker);

    private static long TableFloats(int frames, int inputChannels, int outputChannels) =>
        (long)frames * Taps * inputChannels * outputChannels;

    private static int Splits(in WindowGrid grid, int inputChannels, int outputChannels)
    {
        WinogradGradientPart part = WinogradGradientPart.Of(grid, inputChannels, outputChannels);
        int blocks = part.Blocks(inputChannels) * part.Blocks(outputChannels);
        int wanted = (WantedParts + blocks - 1) / blocks;
        return Math.Clamp(WinogradTiles.Count(grid) * grid.Axis0.Grid / LeastTilesPerPart, 1, Math.Min(wanted, WinogradTiles.Count(grid)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, int worker)
        where T : unmanaged, ISimd<T>
    {
        WinogradGradientPart part = WinogradGradientPart.Of(Grid, InputChannels, OutputChannels);
        int splits = Splits(Grid, InputChannels, OutputChannels);
        int split = index % splits;
        int firstRow = index / splits % part.Blocks(InputChannels) * part.BlockChannels;
        int firstColumn = index / splits / part.Blocks(InputChannels) * part.BlockChannels;
        int rows = Math.Min(part.BlockChannels, InputChannels - firstRow);
        int columns = Math.Min(part.BlockChannels, OutputChannels - firstColumn);
        long tableFloats = TableFloats(Grid.Axis0.Taps, InputChannels, OutputChannels);
        float* sums = Scratch + (nint)((splits * tableFloats) + (worker * part.Floats));
        float* left = sums + part.SumFloats;
        float* right = left + (Products * part.FactorStride);
        new Span<float>(sums, (int)part.SumFloats).Clear();

        int tiles = WinogradTiles.Count(Grid);
        int end = (int)((split + 1L) * tiles / splits);
        for (int first = (int)((long)split * tiles / splits); first < end; first += part.Tiles)
        {
            int count = Math.Min(part.Tiles, end - first);
            for (int frame = 0; frame < Grid.Axis0.Grid; frame += part.Frames)
            {
                int frames = Math.Min(part.Frames, Grid.Axis0.Grid - frame);
                Transform<T>(part, first, count, frame, frames, firstRow, rows, firstColumn, columns, left, right);
                for (int product = 0; product < Products; product++)
                {
                    for (int tap = 0; tap < Grid.Axis0.Taps; tap++)
                    {
                        // The frames of the grid for which the tap reads one of the source.
                        int skipped = Math.Clamp(-(frame + Grid.Axis0.First + tap), 0, frames);
                        int read = Math.Clamp(Grid.Axis0.Source - (frame + Grid.Axis0.First + tap), skipped, frames) - skipped;
                        AddProducts<T>(
                            left + (product * part.FactorStride) + ((nint)(skipped + tap) * count * rows), rows,
                            right + (product * part.GradientStride) + ((nint)skipped * count * columns), columns,
                            read * count,
                            sums + ((nint)((tap * Products) + product) * rows * columns));
                    }
                }
            }
        }

        float* table = Scratch + (nint)(split * tableFloats);
        for (int tap = 0; tap < Grid.Axis0.Taps; tap++)
        {
            TransformBack<T>(
                sums + ((nint)tap * Products * rows * columns), rows, columns,
                table + ((((nint)tap * Taps * InputChannels) + firstRow) * OutputChannels) + firstColumn);
        }
    }

    // Factors of the frames that some frames of the grid read, and the gradients of these: [frames, tiles, channels].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Transform<T>(
        in WinogradGradientPart part, int first, int count, int frame, int frames,
        int firstRow, int rows, int firstColumn, int columns, float* left, float* right)
        where T : unmanaged, ISimd<T>
    {
        for (int i = 0; i < frames + Grid.Axis0.Taps - 1; i++, left += (nint)count * rows)
        {
            bool exists = WinogradTiles.Reads(Grid, frame + i, 0, out int source);
            for (int tile = 0; exists && tile < count; tile++)
            {
                WinogradTiles.TransformInput<T>(
                    Grid, Input, InputChannels, firstRow, rows, first + tile, source, left + ((nint)tile * rows), part.FactorStride);
            }
        }

        for (int i = 0; i < frames * count; i++)
        {
            WinogradTiles.TransformGradient<T>(
                Grid, OutputGradient, OutputChannels, firstColumn, columns, first + (i % count), frame + (i / count),
                right + ((nint)i * columns), part.GradientStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformBack<T>(float* sums, int rows, int columns, float* to)
        where T : unmanaged, ISimd<T>
    {
        for (int row = 0; row < rows; row++, to += OutputChannels)
        {
            for (int column = 0; column < columns; column += T.Width)
            {
                WinogradTransform.WeightGradient<T>(
                    sums + ((nint)row * columns) + column, (nint)rows * columns, to + column, (nint)InputChannels * OutputChannels);
            }
        }
    }

    // sums[row, column] += Σ over tiles of left[tile, row] · right[tile, column].
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
                WinogradGradientTile.Add<T>(
                    left + row, rows, right + column, columns, count, sums + ((nint)row * columns) + column, columns);
            }
        }

        for (; column < columns; column += T.Width)
        {
            for (int row = 0; row < rows; row += WinogradGradientTile.Rows)
            {
                // The last register as two of half the width.
                WinogradGradientTile.Add<Simd256>(
                    left + row, rows, right + column, columns, count, sums + ((nint)row * columns) + column, columns);
            }
        }
    }
}
