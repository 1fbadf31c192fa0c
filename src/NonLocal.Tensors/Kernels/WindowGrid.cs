using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// One spatial axis of a walk over windows: grid position g and tap u read source position g·Step + First + u·TapStep (zero outside the
/// source), use weight tap WeightFirst + u·WeightStep, and write output position OutputFirst + g·OutputStep.
/// </summary>
internal readonly record struct WindowAxis(
    int Source, int Grid, int Step, int First, int Taps, int TapStep, int WeightFirst,
    int WeightStep, int Output, int OutputFirst, int OutputStep)
{
    /// <summary>The convolution itself.</summary>
    public static WindowAxis Forward(ConvolutionAxis axis) =>
        new(axis.Input, axis.Output, axis.Stride, -axis.Padding, axis.Kernel, axis.Dilation, 0, 1, axis.Output, 0, 1);

    /// <summary>
    /// Its input gradient for the input positions phase, phase + stride, …: those that the same taps read. Output position o reaches input
    /// position q by tap t when o·stride + t·dilation − padding = q, so q = phase + stride·g is reached from g + (phase + padding −
    /// t·dilation) / stride.
    /// </summary>
    public static WindowAxis Backward(ConvolutionAxis axis, int phase)
    {
        int taps = 0;
        int first = 0;
        int tapStep = 1;
        int weightFirst = 0;
        int weightStep = 0;

        // From the last tap to the first, so that source positions go up.
        for (int tap = axis.Kernel - 1; tap >= 0; tap--)
        {
            int reach = phase + axis.Padding - (tap * axis.Dilation);
            if (reach % axis.Stride != 0)
            {
                continue;
            }

            if (taps == 0)
            {
                first = reach / axis.Stride;
                weightFirst = tap;
            }
            else if (taps == 1)
            {
                tapStep = (reach / axis.Stride) - first;
                weightStep = tap - weightFirst;
            }

            taps++;
        }

        int grid = Math.Max(0, (axis.Input - phase + axis.Stride - 1) / axis.Stride);
        return new(axis.Output, grid, 1, first, taps, tapStep, weightFirst, weightStep, axis.Input, phase, axis.Stride);
    }
}

/// <summary>A walk over windows of a batch of maps with three spatial axes.</summary>
internal readonly record struct WindowGrid(int Batch, WindowAxis Axis0, WindowAxis Axis1, WindowAxis Axis2)
{
    /// <summary>Grid positions of the whole batch.</summary>
    public int Positions => Batch * Axis0.Grid * Axis1.Grid * Axis2.Grid;

    /// <summary>Taps of the window.</summary>
    public int Taps => Axis0.Taps * Axis1.Taps * Axis2.Taps;

    /// <summary>The walk of the convolution itself.</summary>
    public static WindowGrid Forward(in ConvolutionSizes sizes) =>
        new(sizes.Batch, WindowAxis.Forward(sizes.Axis0), WindowAxis.Forward(sizes.Axis1), WindowAxis.Forward(sizes.Axis2));

    /// <summary>How many walks make up the input gradient.</summary>
    public static int Phases(in ConvolutionSizes sizes) => sizes.Axis0.Stride * sizes.Axis1.Stride * sizes.Axis2.Stride;

    /// <summary>One walk of the input gradient: the input positions that are equal modulo the strides.</summary>
    public static WindowGrid Backward(in ConvolutionSizes sizes, int phase)
    {
        int phase2 = phase % sizes.Axis2.Stride;
        int phase1 = phase / sizes.Axis2.Stride % sizes.Axis1.Stride;
        int phase0 = phase / sizes.Axis2.Stride / sizes.Axis1.Stride;
        return new(
            sizes.Batch,
            WindowAxis.Backward(sizes.Axis0, phase0),
            WindowAxis.Backward(sizes.Axis1, phase1),
            WindowAxis.Backward(sizes.Axis2, phase2));
    }

    /// <summary>Number of the weight's tap for tap <paramref name="tap"/> of the walk.</summary>
    public int WeightTap(int tap, in ConvolutionSizes sizes)
    {
        int t2 = Axis2.WeightFirst + (tap % Axis2.Taps * Axis2.WeightStep);
        int t1 = Axis1.WeightFirst + (tap / Axis2.Taps % Axis1.Taps * Axis1.WeightStep);
        int t0 = Axis0.WeightFirst + (tap / Axis2.Taps / Axis1.Taps * Axis0.WeightStep);
        return (((t0 * sizes.Axis1.Kernel) + t1) * sizes.Axis2.Kernel) + t2;
    }
}

/// <summary>Walks over grid positions in row-major order.</summary>
internal struct GridCursor
{
    private readonly WindowGrid grid;
    private int batch;
    private int position0;
    private int position1;
    private int position2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public GridCursor(in WindowGrid grid, int position)
    {
        this.grid = grid;
        position2 = position % grid.Axis2.Grid;
        position /= grid.Axis2.Grid;
        position1 = position % grid.Axis1.Grid;
        position /= grid.Axis1.Grid;
        position0 = position % grid.Axis0.Grid;
        batch = position / grid.Axis0.Grid;
    }

    /// <summary>Source position of tap 0 along axis 0; may lie outside.</summary>
    public readonly int Source0 => (position0 * grid.Axis0.Step) + grid.Axis0.First;

    /// <summary>Source position of tap 0 along axis 1; may lie outside.</summary>
    public readonly int Source1 => (position1 * grid.Axis1.Step) + grid.Axis1.First;

    /// <summary>Source position of tap 0 along axis 2; may lie outside.</summary>
    public readonly int Source2 => (position2 * grid.Axis2.Step) + grid.Axis2.First;

    /// <summary>The map.</summary>
    public readonly int Batch => batch;

    /// <summary>Number of the output position.</summary>
    public readonly nint Output
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            nint place = ((nint)batch * grid.Axis0.Output) + grid.Axis0.OutputFirst + (position0 * grid.Axis0.OutputStep);
            place = (place * grid.Axis1.Output) + grid.Axis1.OutputFirst + (position1 * grid.Axis1.OutputStep);
            return (place * grid.Axis2.Output) + grid.Axis2.OutputFirst + (position2 * grid.Axis2.OutputStep);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveNext()
    {
        if (++position2 < grid.Axis2.Grid)
        {
            return;
        }

        position2 = 0;
        if (++position1 < grid.Axis1.Grid)
        {
            return;
        }

        position1 = 0;
        if (++position0 == grid.Axis0.Grid)
        {
            position0 = 0;
            batch++;
        }
    }
}
