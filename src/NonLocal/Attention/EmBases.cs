using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>The result of the steps of expectation–maximisation.</summary>
/// <param name="Reconstruction">Z·bases, [batch, N, channels], from the last Z and the last bases.</param>
/// <param name="Bases">The last bases of every sample, [batch, K, channels].</param>
/// <param name="Responsibilities">Z of each step, [batch, N, K]; rows sum to 1.</param>
internal sealed record EmResult(Value Reconstruction, Value Bases, IReadOnlyList<Value> Responsibilities);

/// <summary>Bases that describe a map, found by expectation–maximisation from stored ones, and the map described by them.</summary>
/// <remarks>
/// A step is Z = softmax_K(Y basesᵀ), bases = l2(Zᵀ Y / column sums of Z), for features Y = X W + b. Y itself is needed nowhere:
/// Y basesᵀ = X (bases Wᵀ)ᵀ + bases·b and Zᵀ Y = (Zᵀ X) W + (column sums of Z)·b, so that the convolution meets K rows twice a step and
/// not N rows.
/// </remarks>
internal sealed class EmBases(EmOptions options, int channels, Variable stored)
{
    /// <summary>Normal with deviation √(2/K), every base divided by its norm: [1, channels, K].</summary>
    public static Initializer First(EmOptions options) => (values, shape, random) =>
    {
        Initializers.Normal(Math.Sqrt(2.0 / options.Bases))(values, shape, random);
        (int width, int count) = (shape[1], shape[2]);
        for (int k = 0; k < count; k++)
        {
            double squares = 0;
            for (int c = 0; c < width; c++)
            {
                squares += (double)values[(c * count) + k] * values[(c * count) + k];
            }

            double divisor = options.Divisor == EmDivisor.Added ? 1e-6 + Math.Sqrt(squares) : Math.Max(Math.Sqrt(squares), 1e-12);
            for (int c = 0; c < width; c++)
            {
                values[(c * count) + k] = (float)(values[(c * count) + k] / divisor);
            }
        }
    };

    /// <summary>Runs the steps.</summary>
    /// <param name="x">[batch, N, channels].</param>
    /// <param name="embedding">The 1×1 convolution that makes the features; null: x is the features.</param>
    public EmResult Describe(Value x, Conv? embedding)
    {
        Features features = options.Route == Route.Literal || embedding is null || !IsCheaperInside(x)
            ? new Features(embedding is null ? x : Positions.Flatten(Positions.Through(embedding, x, 2)), null, null)
            : new Features(
                x,
                x.Graph.Read(embedding.Weight).Reshape([channels, channels]),
                embedding.Bias is { } bias ? x.Graph.Read(bias) : null);
        Value bases = x.Graph.Read(stored).Transpose().BroadcastTo([x.Shape[0], options.Bases, channels]);
        List<Value> responsibilities = [];
        for (int stage = 0; stage < options.Stages; stage++)
        {
            Value z = features.Products(bases).Softmax();
            responsibilities.Add(z);
            bases = Normalized(options, options.Route == Route.Literal ? LiteralMeans(z, features.X) : Means(z, features));
        }

        if (!options.LearnsThroughStages)
        {
            (responsibilities[^1], bases) = (responsibilities[^1].StopGradient(), bases.StopGradient());
        }

        return new EmResult(responsibilities[^1].MatMul(bases), bases, responsibilities);
    }

    /// <summary>Moves the stored bases as training does.</summary>
    /// <param name="bases">The last bases of every sample, [batch, K, channels].</param>
    public void Move(Value bases)
    {
        if (options.Update != BaseUpdate.None)
        {
            bases.Graph.Assign(stored, Moved(options, bases.Graph.Read(stored), bases.StopGradient()));
        }
    }

    /// <summary>Stored bases [1, channels, K] moved by those of a batch, [batch, K, channels].</summary>
    public static Value Moved(EmOptions options, Value before, Value bases)
    {
        Value mean = bases.Mean(0);
        mean = options.Update == BaseUpdate.NormalizedAverage ? Normalized(options, mean) : mean;
        return (before * (1 - options.Momentum)) + (mean.Transpose() * options.Momentum);
    }

    // K rows through the convolution twice a step, against N rows once.
    private bool IsCheaperInside(Value x) => 2L * options.Stages * options.Bases < x.Shape[1];

    private static Value Normalized(EmOptions options, Value bases) => bases / Divisor(options, bases.Square().Sum(-1).SquareRoot());

    private static Value Divisor(EmOptions options, Value size) =>
        options.Divisor == EmDivisor.Added ? size + 1e-6 : size.Maximum(1e-12);

    // The columns' sums divide K rows here; as it is written, N rows.
    private Value Means(Value z, Features features)
    {
        Value sums = z.Sum(1).Transpose();
        return features.Sums(z, sums) / Divisor(options, sums);
    }

    private Value LiteralMeans(Value z, Value y) => (z / Divisor(options, z.Sum(1))).MatMul(y, transposeLeft: true);

    // Features X W + b, or X without weight.
    private sealed record Features(Value X, Value? Weight, Value? Bias)
    {
        // Y basesᵀ, [batch, N, K].
        public Value Products(Value bases)
        {
            Value products = X.MatMul(Weight is null ? bases : bases.MatMul(Weight, transposeRight: true), transposeRight: true);
            return Bias is null ? products : products + bases.MatMul(Bias.Reshape([Bias.Shape.Last, 1])).Transpose();
        }

        // Zᵀ Y, [batch, K, channels].
        public Value Sums(Value z, Value columnSums)
        {
            Value sums = z.MatMul(X, transposeLeft: true);
            sums = Weight is null ? sums : sums.MatMul(Weight);
            return Bias is null ? sums : sums + (columnSums * Bias);
        }
    }
}
