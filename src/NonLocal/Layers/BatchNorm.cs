using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>
/// Batch norm over the last axis of any map: PyTorch's BatchNorm1d, 2d and 3d. (x − mean) / √(variance + ε) · weight + bias, a number of
/// each for every channel.
/// </summary>
/// <remarks>
/// In training, mean and (biased) variance are those of the batch, and the running ones move: running ← running·(1 − momentum) +
/// batch·momentum, with the unbiased variance. At inference the running ones are used, and the whole is a scale and a shift that the
/// compiler folds away.
/// </remarks>
public sealed class BatchNorm : Layer
{
    private readonly int channels;
    private readonly double epsilon;
    private readonly double? momentum;
    private readonly Variable? weight;
    private readonly Variable? bias;
    private readonly Variable? runningMean;
    private readonly Variable? runningVariance;
    private readonly Variable? batchesTracked;

    /// <summary>A batch norm.</summary>
    /// <param name="channels">Length of the last axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="momentum">The new batch's share of the running statistics; null: each batch counts alike (cumulative average).</param>
    /// <param name="affine">With learned weight and bias.</param>
    /// <param name="trackRunningStatistics">Keep running statistics. Without, inference uses those of the batch too.</param>
    /// <param name="initializer">First weight; null: ones.</param>
    public BatchNorm(
        int channels,
        double epsilon = 1e-5,
        double? momentum = 0.1,
        bool affine = true,
        bool trackRunningStatistics = true,
        Initializer? initializer = null)
    {
        this.channels = channels;
        this.epsilon = epsilon;
        this.momentum = momentum;
        if (affine)
        {
            weight = Parameter("weight", [channels], initializer ?? Initializers.Ones);
            bias = Parameter("bias", [channels], Initializers.Zeros);
        }

        if (trackRunningStatistics)
        {
            runningMean = State("running_mean", [channels], Initializers.Zeros);
            runningVariance = State("running_var", [channels], Initializers.Ones);
            batchesTracked = State("num_batches_tracked", Shape.Scalar, Initializers.Zeros, WeightLayout.Counter);
        }
    }

    /// <summary>
    /// Whether the running statistics are used in training too and stay as they are. Weight and bias are learned all the same.
    /// </summary>
    public bool Frozen { get; set; }

    /// <summary>Whether graph that is built now is a scale and a shift.</summary>
    internal bool UsesRunningStatistics => (!Training || Frozen) && runningMean != null;

    /// <summary>The scale and the shift that the running statistics give, [channels] each.</summary>
    internal (Value Scale, Value Shift) Affine(Graph graph)
    {
        Value scale = (graph.Read(runningVariance!) + epsilon).ReciprocalSquareRoot();
        if (weight != null)
        {
            scale *= graph.Read(weight);
        }

        Value shift = -(graph.Read(runningMean!) * scale);
        return (scale, bias is null ? shift : shift + graph.Read(bias));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        if (x.Shape.Rank < 2 || x.Shape.Last != channels)
        {
            throw new ShapeException(x.Graph.Layer, "batch norm", $"expects a map [batch, …, {channels}], got {x.Shape}.");
        }

        if (!UsesRunningStatistics)
        {
            return WithBatchStatistics(x);
        }

        (Value scale, Value shift) = Affine(x.Graph);
        return (x * scale) + shift;
    }

    private Value WithBatchStatistics(Value x)
    {
        int rows = checked((int)x.Shape.Rows);
        if (rows == 1 && Training)
        {
            throw new ShapeException(x.Graph.Layer, "batch norm", $"training needs more than one value per channel, got {x.Shape}.");
        }

        NormalizedValue y = x.BatchNorm(
            weight is null ? null : x.Graph.Read(weight), bias is null ? null : x.Graph.Read(bias), epsilon);
        if (Training && runningMean != null)
        {
            Track(y.Mean, y.Variance, rows);
        }

        return y.Result;
    }

    private void Track(Value mean, Value variance, int count)
    {
        Graph graph = mean.Graph;
        Value batches = graph.Read(batchesTracked!) + 1;
        graph.Assign(batchesTracked!, batches);
        Value share = momentum is { } number ? graph.Constant(number) : batches.Unary(UnaryKind.Reciprocal);
        Move(runningMean!, mean, share);
        Move(runningVariance!, variance * (count / (count - 1.0)), share);
    }

    private static void Move(Variable running, Value batch, Value share)
    {
        Value before = batch.Graph.Read(running);
        batch.Graph.Assign(running, before + ((batch - before) * share));
    }
}
