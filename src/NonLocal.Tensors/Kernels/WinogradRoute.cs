using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Convolutions with fewer products (<see cref="WinogradTransform"/>): 3×3 windows in tiles of positions, 3×1×1 windows in tiles of frames.
/// </summary>
internal static unsafe class WinogradRoute
{
    /// <summary>Whether this route suits a walk over a map with the given channels.</summary>
    public static bool Suits(in WindowGrid grid, int groups, int channels, int columns) =>
        WinogradConvolution.Suits(grid, groups, channels, columns) || WinogradFrames.Suits(grid, groups, channels, columns);

    /// <summary>Whether it suits a convolution.</summary>
    public static bool Suits(in ConvolutionSizes sizes) =>
        Suits(WindowGrid.Forward(sizes), sizes.Groups, sizes.InputChannels, sizes.OutputChannels);

    /// <summary>Size of a transformed weight.</summary>
    public static long PackedFloats(in WindowGrid grid, int channels, int columns) => IsOfPositions(grid)
        ? WinogradConvolution.PackedFloats(grid.Axis0.Taps, channels, columns)
        : WinogradFrames.PackedFloats(channels, columns);

    /// <summary>Scratch memory of one worker.</summary>
    public static long WorkerFloats(in WindowGrid grid, int channels, int columns) => IsOfPositions(grid)
        ? WinogradConvolution.WorkerFloats(grid, channels, columns)
        : WinogradFrames.WorkerFloats(grid, channels, columns);

    /// <summary>Transforms a weight.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="grid">The walk that it is for.</param>
    /// <param name="weight">[taps, channels, columns], or transposed [taps, columns, channels].</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="columns">Channels of the output.</param>
    /// <param name="transposed">For the input gradient.</param>
    /// <param name="packed"><see cref="PackedFloats"/> floats.</param>
    public static void Pack(WorkerPool pool, in WindowGrid grid, float* weight, int channels, int columns, bool transposed, float* packed)
    {
        if (!IsOfPositions(grid))
        {
            WinogradFramePacking frames = new()
            {
                Weight = weight,
                Channels = channels,
                Columns = columns,
                Transposed = transposed,
                Packed = packed,
            };
            pool.Run(ref frames, frames.Parts);
            return;
        }

        WinogradPacking packing = new()
        {
            Weight = weight,
            Frames = grid.Axis0.Taps,
            Channels = channels,
            Columns = columns,
            Transposed = transposed,
            Packed = packed,
        };
        pool.Run(ref packing, packing.Parts);
    }

    /// <summary>output = epilogue(map * weight).</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="grid">The walk.</param>
    /// <param name="map">[batch, positions, channels].</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="columns">Channels of the output.</param>
    /// <param name="packed">From <see cref="Pack"/>.</param>
    /// <param name="output">[batch, positions, columns].</param>
    /// <param name="epilogue">Bias and residual over all columns.</param>
    /// <param name="scratch"><see cref="WorkerFloats"/> floats for each thread.</param>
    public static void Run(
        WorkerPool pool, in WindowGrid grid, float* map, int channels, int columns,
        float* packed, float* output, in ProductEpilogue epilogue, float* scratch)
    {
        if (!IsOfPositions(grid))
        {
            WinogradFrames frames = new()
            {
                Grid = grid,
                Map = map,
                Channels = channels,
                Columns = columns,
                Packed = packed,
                Output = output,
                Epilogue = epilogue,
                WorkerScratch = scratch,
            };
            pool.Run(ref frames, frames.Parts);
            return;
        }

        WinogradConvolution tiles = new()
        {
            Grid = grid,
            Map = map,
            Channels = channels,
            Columns = columns,
            Packed = packed,
            Output = output,
            Epilogue = epilogue,
            WorkerScratch = scratch,
        };
        pool.Run(ref tiles, tiles.Parts);
    }

    private static bool IsOfPositions(in WindowGrid grid) => grid.Axis2.Taps > 1;
}
