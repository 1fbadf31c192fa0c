using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Copies of a map's lines along the fastest axis, with the zeros that windows see beyond both ends, so that a walk needs no tests. The
/// lines that the windows of one output line read are kept until the walk has moved past them, so that each is copied about once.
/// </summary>
/// <remarks>Used by one thread, on memory of its own.</remarks>
internal readonly unsafe struct PaddedLines
{
    private readonly float* data;
    private readonly WindowAxis axis0;
    private readonly WindowAxis axis1;
    private readonly WindowAxis axis2;
    private readonly int channels;
    private readonly int lineFloats;
    private readonly int slots;
    private readonly float* lines;
    private readonly nint* held;

    /// <summary>Lines of a map, none of them copied yet.</summary>
    /// <param name="data">The map.</param>
    /// <param name="grid">The windows.</param>
    /// <param name="channels">Channels of the map, one group.</param>
    /// <param name="windows">As <see cref="Floats"/> was told.</param>
    /// <param name="memory"><see cref="Floats"/> floats.</param>
    public PaddedLines(float* data, in WindowGrid grid, int channels, int windows, float* memory)
    {
        this.data = data;
        axis0 = grid.Axis0;
        axis1 = grid.Axis1;
        axis2 = grid.Axis2;
        this.channels = channels;
        lineFloats = LineFloats(grid, channels, windows);
        slots = Extent(axis1);
        held = (nint*)memory;
        lines = memory + HeldFloats(grid);
        int count = axis0.Taps * slots;
        for (int slot = 0; slot < count; slot++)
        {
            held[slot] = -1;
        }

        // What lies beyond the ends stays zero: every copy goes to the same place of its line.
        new Span<float>(lines, count * lineFloats).Clear();
    }

    /// <summary>Memory that it needs.</summary>
    /// <param name="grid">The windows.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="windows">How many windows of a line are read, real ones and others.</param>
    public static long Floats(in WindowGrid grid, int channels, int windows) =>
        HeldFloats(grid) + ((long)grid.Axis0.Taps * Extent(grid.Axis1) * LineFloats(grid, channels, windows));

    /// <summary>
    /// Where window 0 of an output line begins in the copy of the line that its taps (<paramref name="tap0"/>, <paramref name="tap1"/>)
    /// read; null: it lies outside the map.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Line(in WindowPlace place, int tap0, int tap1)
    {
        int source0 = place.Source0 + (tap0 * axis0.TapStep);
        int source1 = place.Source1 + (tap1 * axis1.TapStep);
        if ((uint)source0 >= (uint)axis0.Source || (uint)source1 >= (uint)axis1.Source)
        {
            return null;
        }

        nint number = ((((nint)place.Batch * axis0.Source) + source0) * axis1.Source) + source1;
        int slot = (tap0 * slots) + (source1 % slots);
        float* line = lines + ((nint)slot * lineFloats);
        if (held[slot] != number)
        {
            held[slot] = number;
            int before = Math.Max(0, -axis2.First);
            int from = Math.Max(0, axis2.First);
            int count = Math.Min(axis2.Source - from, (lineFloats / channels) - before);
            if (count > 0)
            {
                float* source = data + (((number * axis2.Source) + from) * channels);
                Unsafe.CopyBlockUnaligned(line + (before * channels), source, (uint)(count * channels) * sizeof(float));
            }
        }

        return line;
    }

    // Lines from the first tap to the last.
    private static int Extent(in WindowAxis axis) => ((axis.Taps - 1) * axis.TapStep) + 1;

    private static int LineFloats(in WindowGrid grid, int channels, int windows) =>
        (((windows - 1) * grid.Axis2.Step) + Extent(grid.Axis2)) * channels;

    // The numbers of the lines that the slots hold, up to a 64-byte boundary.
    private static int HeldFloats(in WindowGrid grid) =>
        ((grid.Axis0.Taps * Extent(grid.Axis1) * (sizeof(long) / sizeof(float))) + 15) / 16 * 16;
}
