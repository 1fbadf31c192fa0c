using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The rows of windows that a convolution's product reads, without ever storing them: row = grid position, inner index = (tap, channel of
/// the group). Taps that lie side by side in memory are read as one run.
/// </summary>
internal readonly unsafe struct WindowMap
{
    private readonly float* data;
    private readonly int channels;
    private readonly int groupChannels;
    private readonly int runPositions;
    private readonly int runsAlongAxis2;

    /// <summary>Windows over a map with <paramref name="channels"/> channels, cut into groups.</summary>
    public WindowMap(float* data, in WindowGrid grid, int channels, int groups)
    {
        this.data = data;
        this.channels = channels;
        groupChannels = channels / groups;
        Grid = grid;
        bool together = groups == 1 && grid.Axis2.TapStep == 1;
        runPositions = together ? grid.Axis2.Taps : 1;
        runsAlongAxis2 = together ? 1 : grid.Axis2.Taps;
    }

    public WindowGrid Grid { get; }

    /// <summary>Inner indices of one run.</summary>
    public int RunLength => runPositions * groupChannels;

    /// <summary>Which run an inner index belongs to.</summary>
    public WindowRun Run(int inner)
    {
        int run = inner / RunLength;
        int line = run / runsAlongAxis2;
        return new WindowRun(
            line / Grid.Axis1.Taps * Grid.Axis0.TapStep,
            line % Grid.Axis1.Taps * Grid.Axis1.TapStep,
            run % runsAlongAxis2 * Grid.Axis2.TapStep,
            run * RunLength);
    }

    /// <summary>
    /// Part of a run for one grid position: a pointer into the map where all of it lies inside, else a copy in <paramref name="buffer"/>
    /// with zeros where it does not.
    /// </summary>
    /// <param name="group">The group of channels.</param>
    /// <param name="at">The grid position.</param>
    /// <param name="run">The run.</param>
    /// <param name="from">First float of the run.</param>
    /// <param name="length">How many floats.</param>
    /// <param name="buffer">Room for them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Read(int group, in WindowPlace at, in WindowRun run, int from, int length, float* buffer)
    {
        int source0 = at.Source0 + run.Offset0;
        int source1 = at.Source1 + run.Offset1;
        int source2 = at.Source2 + run.Offset2;
        if ((uint)source0 >= (uint)Grid.Axis0.Source || (uint)source1 >= (uint)Grid.Axis1.Source)
        {
            Unsafe.InitBlockUnaligned(buffer, 0, (uint)length * sizeof(float));
            return buffer;
        }

        nint line = (((((nint)at.Batch * Grid.Axis0.Source) + source0) * Grid.Axis1.Source) + source1) * Grid.Axis2.Source;
        float* first = data + ((line + source2) * channels) + (group * groupChannels);
        int validFrom = Math.Max(0, -source2) * groupChannels;
        int validTo = Math.Min(runPositions, Grid.Axis2.Source - source2) * groupChannels;
        return from >= validFrom && from + length <= validTo ? first + from : Clip(first, from, length, validFrom, validTo, buffer);
    }

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

/// <summary>A stretch of the window whose floats are contiguous in the map: its offsets from tap 0, and its first inner index.</summary>
internal readonly record struct WindowRun(int Offset0, int Offset1, int Offset2, int Start);

/// <summary>Where tap 0 of a grid position lies in the source.</summary>
internal readonly struct WindowPlace(in GridCursor cursor)
{
    public readonly int Batch = cursor.Batch;
    public readonly int Source0 = cursor.Source0;
    public readonly int Source1 = cursor.Source1;
    public readonly int Source2 = cursor.Source2;
}
