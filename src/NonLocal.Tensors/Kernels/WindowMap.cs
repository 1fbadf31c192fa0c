using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The rows of windows that a convolution's product reads, without ever storing them: row = grid position, inner index = (tap, channel of
/// the group). Taps that lie side by side in memory are read as one run.
/// </summary>
internal readonly unsafe struct WindowMap
{
    private readonly float* data;
    private readonly WindowGrid grid;
    private readonly int channels;
    private readonly int groupChannels;
    private readonly int runPositions;
    private readonly int runsAlongAxis2;

    /// <summary>Windows over a map with <paramref name="channels"/> channels, cut into groups.</summary>
    public WindowMap(float* data, in WindowGrid grid, int channels, int groups)
    {
        this.data = data;
        this.grid = grid;
        this.channels = channels;
        groupChannels = channels / groups;
        bool together = groups == 1 && grid.Axis2.TapStep == 1;
        runPositions = together ? grid.Axis2.Taps : 1;
        runsAlongAxis2 = together ? 1 : grid.Axis2.Taps;
    }

    /// <summary>A cursor at a grid position.</summary>
    public GridCursor CursorAt(int position) => new(grid, position);

    /// <summary>Cuts inner indices into segments, each part of one run, which is contiguous in the map.</summary>
    /// <param name="first">The first inner index.</param>
    /// <param name="count">How many.</param>
    /// <param name="to">Room for as many segments.</param>
    /// <returns>How many segments there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Cut(int first, int count, WindowSegment* to)
    {
        int runLength = runPositions * groupChannels;
        int segments = 0;
        for (int inner = first; inner < first + count;)
        {
            int run = inner / runLength;
            int from = inner - (run * runLength);
            int line = run / runsAlongAxis2;
            int length = Math.Min(runLength - from, first + count - inner);
            to[segments++] = new WindowSegment(
                line / grid.Axis1.Taps * grid.Axis0.TapStep,
                line % grid.Axis1.Taps * grid.Axis1.TapStep,
                run % runsAlongAxis2 * grid.Axis2.TapStep,
                from,
                length);
            inner += length;
        }

        return segments;
    }

    /// <summary>
    /// A segment for one grid position: a pointer into the map where all of it lies inside, else a copy in <paramref name="buffer"/> with
    /// zeros where it does not.
    /// </summary>
    /// <param name="group">The group of channels.</param>
    /// <param name="at">The grid position.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="buffer">Room for it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Read(int group, in WindowPlace at, in WindowSegment segment, float* buffer)
    {
        int source0 = at.Source0 + segment.Offset0;
        int source1 = at.Source1 + segment.Offset1;
        int source2 = at.Source2 + segment.Offset2;
        bool inside = (uint)source0 < (uint)grid.Axis0.Source && (uint)source1 < (uint)grid.Axis1.Source;
        int source = grid.Axis2.Source;
        nint line = (((((nint)at.Batch * grid.Axis0.Source) + source0) * grid.Axis1.Source) + source1) * source;
        float* first = data + ((line + source2) * channels) + (group * groupChannels);
        int validFrom = Math.Max(0, -source2) * groupChannels;
        int validTo = inside ? Math.Min(runPositions, source - source2) * groupChannels : 0;
        return segment.From >= validFrom && segment.From + segment.Length <= validTo
            ? first + segment.From
            : Clip(first, segment.From, segment.Length, validFrom, validTo, buffer);
    }

    /// <summary>
    /// The map along axis 2 as several neighbouring grid positions read it: from the first tap of the first one to the last tap of the
    /// last one. A pointer into the map, a copy in <paramref name="buffer"/> with zeros outside, or null when the whole line is outside.
    /// For maps without groups.
    /// </summary>
    /// <param name="at">The first grid position.</param>
    /// <param name="offset0">Tap's offset along axis 0.</param>
    /// <param name="offset1">Tap's offset along axis 1.</param>
    /// <param name="positions">Source positions of the stretch.</param>
    /// <param name="buffer">Room for all of its channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public float* ReadStretch(in WindowPlace at, int offset0, int offset1, int positions, float* buffer)
    {
        int source0 = at.Source0 + offset0;
        int source1 = at.Source1 + offset1;
        if ((uint)source0 >= (uint)grid.Axis0.Source || (uint)source1 >= (uint)grid.Axis1.Source)
        {
            return null;
        }

        int source = grid.Axis2.Source;
        nint line = (((((nint)at.Batch * grid.Axis0.Source) + source0) * grid.Axis1.Source) + source1) * source;
        float* first = data + ((line + at.Source2) * channels);
        int validFrom = Math.Max(0, -at.Source2) * channels;
        int validTo = (source - at.Source2) * channels;
        int length = positions * channels;
        return validFrom == 0 && validTo >= length ? first : Clip(first, 0, length, validFrom, validTo, buffer);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* Clip(float* first, int from, int length, int validFrom, int validTo, float* buffer)
    {
        Unsafe.InitBlockUnaligned(buffer, 0, (uint)length * sizeof(float));
        int start = Math.Max(from, validFrom);
        int end = Math.Min(from + length, validTo);
        if (start < end)
        {
            Unsafe.CopyBlockUnaligned(buffer + (start - from), first + start, (uint)(end - start) * sizeof(float));
        }

        return buffer;
    }
}

/// <summary>Contiguous floats of a window: the offsets of their run from tap 0, the first float within the run, and how many.</summary>
internal readonly struct WindowSegment(int offset0, int offset1, int offset2, int from, int length)
{
    public readonly int Offset0 = offset0;
    public readonly int Offset1 = offset1;
    public readonly int Offset2 = offset2;
    public readonly int From = from;
    public readonly int Length = length;
}

/// <summary>Where tap 0 of a grid position lies in the source.</summary>
internal readonly struct WindowPlace(in GridCursor cursor)
{
    public readonly int Batch = cursor.Batch;
    public readonly int Source0 = cursor.Source0;
    public readonly int Source1 = cursor.Source1;
    public readonly int Source2 = cursor.Source2;
}
