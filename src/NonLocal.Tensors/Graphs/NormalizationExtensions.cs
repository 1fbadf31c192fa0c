namespace NonLocal.Tensors.Graphs;

/// <summary>What a normalisation gives: the normalised map, and the statistics it was normalised with.</summary>
/// <param name="Result">The map, of the input's shape.</param>
/// <param name="Mean">Mean of each group.</param>
/// <param name="Variance">Variance of each group, divided by the count.</param>
public readonly record struct NormalizedValue(Value Result, Value Mean, Value Variance);

/// <summary>Batch, layer, group and instance norm of values.</summary>
public static class NormalizationExtensions
{
    /// <summary>
    /// Batch norm with the statistics of this batch: each channel over all samples and positions. Mean and variance are [channels]; running
    /// statistics take variance · n/(n−1), with n the number of rows.
    /// </summary>
    /// <param name="x">[…, channels].</param>
    /// <param name="scale">[channels] or null.</param>
    /// <param name="shift">[channels] or null; needs a scale.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static NormalizedValue BatchNorm(this Value x, Value? scale = null, Value? shift = null, double epsilon = 1e-5)
    {
        int channels = x.Shape.Last;
        NormalizedValue rows = Apply(x.Reshape([1, (int)x.Shape.Rows, channels]), channels, scale, shift, epsilon);
        return new NormalizedValue(rows.Result.Reshape(x.Shape), rows.Mean.Reshape([channels]), rows.Variance.Reshape([channels]));
    }

    /// <summary>Layer norm over the last axes: all elements below them are normalised together.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axes">How many of the last axes: 1 is the channels of a position, rank − 1 the whole sample.</param>
    /// <param name="scale">Of the shape of these axes, or null.</param>
    /// <param name="shift">Of the shape of these axes, or null; needs a scale.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static Value LayerNorm(this Value x, int axes = 1, Value? scale = null, Value? shift = null, double epsilon = 1e-5)
    {
        if (axes < 1 || axes > x.Shape.Rank)
        {
            throw new ShapeException(x.Graph.Layer, "layer norm", $"cannot normalise {axes} axes of shape {x.Shape}.");
        }

        Shape normalized = x.Shape[^axes..];
        foreach (Value? affine in new[] { scale, shift })
        {
            if (affine != null && affine.Shape != normalized)
            {
                throw new ShapeException(x.Graph.Layer, "layer norm", $"scale and shift need shape {normalized}, got {affine.Shape}.");
            }
        }

        int length = (int)normalized.Count;
        Value rows = x.Reshape([(int)(x.Shape.Count / length), length]);
        return Apply(rows, 1, scale?.Reshape([length]), shift?.Reshape([length]), epsilon).Result.Reshape(x.Shape);
    }

    /// <summary>Group norm: each sample, each of <paramref name="groups"/> groups of neighbouring channels over all positions.</summary>
    /// <param name="x">[batch, positions…, channels].</param>
    /// <param name="groups">How many groups; must divide the channels.</param>
    /// <param name="scale">[channels] or null.</param>
    /// <param name="shift">[channels] or null; needs a scale.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static Value GroupNorm(this Value x, int groups, Value? scale = null, Value? shift = null, double epsilon = 1e-5) =>
        Apply(x, groups, scale, shift, epsilon).Result;

    /// <summary>Instance norm: each channel of each sample over all positions.</summary>
    public static Value InstanceNorm(this Value x, Value? scale = null, Value? shift = null, double epsilon = 1e-5) =>
        Apply(x, x.Shape.Last, scale, shift, epsilon).Result;

    private static NormalizedValue Apply(Value x, int groups, Value? scale, Value? shift, double epsilon)
    {
        if (scale is null && shift is not null)
        {
            throw new ArgumentException("A shift needs a scale.", nameof(shift));
        }

        Value[] operands = scale is null ? [x] : shift is null ? [x, scale] : [x, scale, shift];
        Node node = x.Graph.Add(new Normalization(groups, epsilon), operands);
        return new NormalizedValue(node.Outputs[0], node.Outputs[1], node.Outputs[2]);
    }
}
