using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Graphs;

/// <summary>Where the numbers of a resized map come from.</summary>
public enum ResizeKind
{
    /// <summary>The position below: ⌊o · input/output⌋.</summary>
    Nearest,

    /// <summary>A weighted mean of the two positions around, along each axis (bilinear, trilinear).</summary>
    Linear,
}

/// <summary>Resizes the spatial axes of a map [batch, positions…, channels], with PyTorch's coordinates.</summary>
/// <param name="Positions">The new spatial lengths.</param>
/// <param name="Kind">Nearest or linear.</param>
/// <param name="AlignCorners">Linear: the corner positions of both maps lie on each other; else the corners of their areas do.</param>
public sealed record Resize(Shape Positions, ResizeKind Kind, bool AlignCorners = false) : Resampling
{
    /// <inheritdoc/>
    public override string Name => "resize";

    /// <inheritdoc/>
    public override Shape OutputPositions(Shape input) => Positions.Rank == input.Rank && Positions.All(length => length > 0)
        ? Positions
        : throw new ShapeException($"new lengths {Positions} do not name one positive number for each spatial axis of {input}.");

    internal override AxisTable Table(int axis, int input, int output)
    {
        (int, double[])[] rows = new (int, double[])[output];
        for (int o = 0; o < output; o++)
        {
            rows[o] = Kind == ResizeKind.Nearest ? (Nearest(o, input, output), [1]) : Linear(o, input, output);
        }

        return new AxisTable(input, rows);
    }

    // PyTorch takes this product in single precision.
    private static int Nearest(int o, int input, int output) => input == output
        ? o
        : Math.Min((int)MathF.Floor(o * ((float)input / output)), input - 1);

    private (int Start, double[] Weights) Linear(int o, int input, int output)
    {
        double at = AlignCorners
            ? output > 1 ? o * ((input - 1.0) / (output - 1)) : 0
            : Math.Max(0, ((o + 0.5) * ((double)input / output)) - 0.5);
        int below = Math.Min((int)at, input - 1);
        double part = Math.Clamp(at - below, 0, 1);
        return below == input - 1 || input == output ? (input == output ? o : below, [1]) : (below, [1 - part, part]);
    }
}

/// <summary>Resizing of values.</summary>
public static class ResizeExtensions
{
    /// <summary>Resizes to the position below.</summary>
    public static Value ResizeNearest(this Value x, Shape positions) => x.Graph.Apply(new Resize(positions, ResizeKind.Nearest), x);

    /// <summary>Resizes linearly along each axis.</summary>
    public static Value ResizeLinear(this Value x, Shape positions, bool alignCorners = false) =>
        x.Graph.Apply(new Resize(positions, ResizeKind.Linear, alignCorners), x);
}
