using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The walk of a 3×3 window that moves by one, in tiles of 4×4 outputs (<see cref="WinogradTransform"/>): how many there are, and where
/// each one's inputs and outputs lie. A window that reads some frames has the same tiles in each of them.
/// </summary>
internal static unsafe class WinogradTiles
{
    private const int Outputs = WinogradTransform.Outputs;
    private const int Inputs = WinogradTransform.Inputs;
    private const int LeastTiles = 8;

    /// <summary>The most frames of a window.</summary>
    public const int MostFrameTaps = 8;

    /// <summary>Whether a walk can be cut into tiles without waste.</summary>
    public static bool Suits(in WindowGrid grid) =>
        grid.Axis0 is { Taps: <= MostFrameTaps, TapStep: 1, Step: 1, OutputStep: 1 }
        && IsThreeByOne(grid.Axis1) && IsThreeByOne(grid.Axis2)
        && Count(grid) >= LeastTiles && 6L * Count(grid) * grid.Axis0.Grid <= grid.Positions;

    /// <summary>Tiles of one frame of the whole batch.</summary>
    public static int Count(in WindowGrid grid) => grid.Batch * Down(grid) * Across(grid);

    /// <summary>The frame that a tap reads for a frame of the grid; outside of the source, it reads zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Reads(in WindowGrid grid, int frame, int tap, out int source)
    {
        source = frame + grid.Axis0.First + tap;
        return (uint)source < (uint)grid.Axis0.Source;
    }

    /// <summary>The map of a tile, and the grid position of its first output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Sample, int Down, int Across) Place(in WindowGrid grid, int tile)
    {
        int across = Across(grid);
        int down = Down(grid);
        return (tile / (down * across), tile / across % down * Outputs, tile % across * Outputs);
    }

    /// <summary>Some channels of a tile's inputs to factors of its products.</summary>
    /// <param name="grid">The walk.</param>
    /// <param name="map">[batch, frames, height, width, <paramref name="mapChannels"/>].</param>
    /// <param name="mapChannels">Channels of the map.</param>
    /// <param name="firstChannel">The first channel that is wanted.</param>
    /// <param name="channels">How many; whole registers.</param>
    /// <param name="tile">The tile's number.</param>
    /// <param name="frame">Which frame of the source.</param>
    /// <param name="to">The first factor of the first channel.</param>
    /// <param name="stride">Floats from one factor to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformInput<T>(
        in WindowGrid grid, float* map, int mapChannels, int firstChannel, int channels, int tile, int frame, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        float* room = stackalloc float[(Inputs * Inputs * 16) + CachePrefetch.Line];
        float* own = MicroKernel.Align(room);
        (int sample, int down, int across) = Place(grid, tile);
        down += grid.Axis1.First;
        across += grid.Axis2.First;
        int height = grid.Axis1.Source;
        int width = grid.Axis2.Source;
        nint plane = ((nint)sample * grid.Axis0.Source) + frame;
        float* from = map + ((((((plane * height) + down) * width) + across) * mapChannels) + firstChannel);
        nint rowStride = (nint)width * mapChannels;
        bool inside = down >= 0 && across >= 0 && down + Inputs <= height && across + Inputs <= width;
        for (int channel = 0; channel < channels; channel += T.Width)
        {
            if (inside)
            {
                WinogradTransform.Input<T>(from + channel, rowStride, mapChannels, to + channel, stride);
                continue;
            }

            for (int y = 0; y < Inputs; y++)
            {
                bool exists = (uint)(down + y) < (uint)height;
                float* line = from + (y * rowStride) + channel;
                for (int x = 0; x < Inputs; x++)
                {
                    T value = exists && (uint)(across + x) < (uint)width ? T.Load(line + (x * (nint)mapChannels)) : T.Zero;
                    T.Store(value, own + (((y * Inputs) + x) * T.Width));
                }
            }

            WinogradTransform.Input<T>(own, Inputs * T.Width, T.Width, to + channel, stride);
        }
    }

    /// <summary>Some channels of the gradients of a tile's outputs to those of its products. Outputs beyond the grid have none.</summary>
    /// <param name="grid">The walk.</param>
    /// <param name="gradient">[batch, grid frames, grid height, grid width, <paramref name="mapChannels"/>].</param>
    /// <param name="mapChannels">Channels of the outputs.</param>
    /// <param name="firstChannel">The first channel that is wanted.</param>
    /// <param name="channels">How many; whole registers.</param>
    /// <param name="tile">The tile's number.</param>
    /// <param name="frame">Which frame of the grid.</param>
    /// <param name="to">The first product of the first channel.</param>
    /// <param name="stride">Floats from one product to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransformGradient<T>(
        in WindowGrid grid, float* gradient, int mapChannels, int firstChannel, int channels, int tile, int frame, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        float* room = stackalloc float[(Outputs * Outputs * 16) + CachePrefetch.Line];
        float* own = MicroKernel.Align(room);
        (int sample, int down, int across) = Place(grid, tile);
        int height = grid.Axis1.Grid;
        int width = grid.Axis2.Grid;
        nint plane = ((nint)sample * grid.Axis0.Grid) + frame;
        float* from = gradient + ((((((plane * height) + down) * width) + across) * mapChannels) + firstChannel);
        nint rowStride = (nint)width * mapChannels;
        bool inside = down + Outputs <= height && across + Outputs <= width;
        for (int channel = 0; channel < channels; channel += T.Width)
        {
            if (inside)
            {
                WinogradTransform.OutputGradient<T>(from + channel, rowStride, mapChannels, to + channel, stride);
                continue;
            }

            for (int y = 0; y < Outputs; y++)
            {
                float* line = from + (y * rowStride) + channel;
                for (int x = 0; x < Outputs; x++)
                {
                    T value = down + y < height && across + x < width ? T.Load(line + (x * (nint)mapChannels)) : T.Zero;
                    T.Store(value, own + (((y * Outputs) + x) * T.Width));
                }
            }

            WinogradTransform.OutputGradient<T>(own, Outputs * T.Width, T.Width, to + channel, stride);
        }
    }

    private static int Down(in WindowGrid grid) => (grid.Axis1.Grid + Outputs - 1) / Outputs;

    private static int Across(in WindowGrid grid) => (grid.Axis2.Grid + Outputs - 1) / Outputs;

    private static bool IsThreeByOne(in WindowAxis axis) => axis is { Taps: 3, TapStep: 1, Step: 1, OutputStep: 1 };
}
