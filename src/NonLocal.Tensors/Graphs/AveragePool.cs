using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Graphs;

/// <summary>Mean of every window.</summary>
/// <param name="Window">The window; no dilation, no groups.</param>
/// <param name="Ceiling">Also take the last window that starts within the input but reaches beyond it.</param>
/// <param name="CountPadding">Divide by all places of the window within the padded map, not only by those within the map.</param>
public sealed record AveragePool(ConvolutionGeometry Window, bool Ceiling = false, bool CountPadding = true) : Resampling
{
    /// <inheritdoc/>
    public override string Name => "average pool";

    /// <inheritdoc/>
    public override Shape OutputPositions(Shape input)
    {
        PoolWindow.Check(Window, new Shape([1, .. input, 1]));
        return Window.Dilation.Count == 1
            ? PoolWindow.OutputPositions(Window, Ceiling, input)
            : throw new ShapeException($"an average pool has no dilation, got {Window.Dilation}.");
    }

    internal override AxisTable Table(int axis, int input, int output)
    {
        (int, double[])[] rows = new (int, double[])[output];
        for (int o = 0; o < output; o++)
        {
            int begin = (o * Window.Stride[axis]) - Window.PaddingBegin[axis];
            int end = Math.Min(begin + Window.Kernel[axis], input + Window.PaddingEnd[axis]);
            int first = Math.Max(begin, 0);
            int count = Math.Max(0, Math.Min(end, input) - first);
            double[] weights = new double[count];
            Array.Fill(weights, 1.0 / (CountPadding ? end - begin : count));
            rows[o] = (first, weights);
        }

        return new AxisTable(input, rows);
    }
}

/// <summary>
/// Mean over a fixed number of bins along each axis: bin i of n covers positions ⌊i·length/n⌋ up to ⌈(i+1)·length/n⌉ − 1, so bins may
/// overlap, and there may be more bins than positions.
/// </summary>
/// <param name="Positions">Bins along each spatial axis.</param>
public sealed record AdaptiveAveragePool(Shape Positions) : Resampling
{
    /// <inheritdoc/>
    public override string Name => "adaptive average pool";

    /// <inheritdoc/>
    public override Shape OutputPositions(Shape input) => Positions.Rank == input.Rank && Positions.All(bins => bins > 0)
        ? Positions
        : throw new ShapeException($"bins {Positions} do not name one positive number for each spatial axis of {input}.");

    internal override AxisTable Table(int axis, int input, int output)
    {
        (int, double[])[] rows = new (int, double[])[output];
        for (int o = 0; o < output; o++)
        {
            int begin = (int)((long)o * input / output);
            int end = (int)((((o + 1L) * input) + output - 1) / output);
            double[] weights = new double[end - begin];
            Array.Fill(weights, 1.0 / weights.Length);
            rows[o] = (begin, weights);
        }

        return new AxisTable(input, rows);
    }
}

/// <summary>Pools of values.</summary>
public static class PoolExtensions
{
    /// <summary>Largest element of every window of a map [batch, positions…, channels].</summary>
    public static Value MaxPool(this Value x, ConvolutionGeometry window, bool ceiling = false) =>
        x.Graph.Apply(new MaxPool(window, ceiling), x);

    /// <summary>Mean of every window of a map [batch, positions…, channels].</summary>
    public static Value AveragePool(this Value x, ConvolutionGeometry window, bool ceiling = false, bool countPadding = true) =>
        x.Graph.Apply(new AveragePool(window, ceiling, countPadding), x);

    /// <summary>Mean over a fixed number of bins along each spatial axis of a map [batch, positions…, channels].</summary>
    public static Value AdaptiveAveragePool(this Value x, Shape positions) => x.Graph.Apply(new AdaptiveAveragePool(positions), x);
}
