using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>Whose names and details the parts of asymmetric non-local blocks have.</summary>
public enum AsymmetricPreset
{
    /// <summary>
    /// MendelXu/ANN: <c>stages.0.f_key.0, stages.0.f_key.1.0, f_query, f_value, W, conv_bn_dropout</c>; convolutions before norms have a
    /// bias.
    /// </summary>
    Ann,

    /// <summary>
    /// open-mmlab/mmsegmentation: <c>stages.0.key_project.conv, query_project, value_project, out_project, bottleneck</c>.
    /// </summary>
    MmSegmentation,
}

/// <summary>What asymmetric non-local blocks differ in.</summary>
public sealed record AsymmetricOptions
{
    /// <summary>The width of queries and keys. Default (null): half of the channels that are read, at least 1.</summary>
    public int? KeyChannels { get; init; }

    /// <summary>The width of values. Default (null): that of the keys.</summary>
    public int? ValueChannels { get; init; }

    /// <summary>Channels that go out. Default (null): as many as the queries' map has.</summary>
    public int? OutputChannels { get; init; }

    /// <summary>Cells along each axis, one number a level, to which keys and values are averaged. Default: 1, 3, 6 and 8.</summary>
    public IReadOnlyList<int> Levels { get; init; } = [1, 3, 6, 8];

    /// <summary>Attentions with weights of their own, whose results are added. Default: 1.</summary>
    public int Stages { get; init; } = 1;

    /// <summary>The probability that training loses a channel of the result. Default: 0.05; mmsegmentation has none here.</summary>
    public double Dropout { get; init; } = 0.05;

    /// <summary>The batch norms. Default: with 1e-5 and 0.1.</summary>
    public ConvModuleNorm Norm { get; init; } = new();

    /// <summary>Whose names the parameters have. Default: MendelXu/ANN.</summary>
    public AsymmetricPreset Preset { get; init; } = AsymmetricPreset.Ann;

    /// <summary>How it is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;

    /// <summary>Throws unless all numbers are in range.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(KeyChannels ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ValueChannels ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OutputChannels ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Stages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Levels.Count, 1, nameof(Levels));
        foreach (int cells in Levels)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(cells, 1, nameof(Levels));
        }
    }
}

/// <summary>One attention of an asymmetric block: every query reads the cells of a pyramid, W·softmax_row(q pool(k)ᵀ/√d) pool(v).</summary>
/// <remarks>
/// W and the values' convolution are linear, means and rows of the softmax sum to 1, so all of it may be applied to the few cells instead
/// of all positions: pool(x V) = pool(x) V, and (A v) W = A (v W).
/// </remarks>
internal sealed class PyramidStage : Module
{
    private readonly IReadOnlyList<int> levels;
    private readonly double scale;
    private readonly Layer key;
    private readonly Layer query;
    private readonly Conv value;
    private readonly Conv output;

    /// <summary>An attention.</summary>
    /// <param name="queryChannels">Channels of the map that reads.</param>
    /// <param name="keyChannels">Channels of the map that is read.</param>
    /// <param name="outputChannels">Channels that go out.</param>
    /// <param name="shared">Whether queries and keys have one embedding, whose statistics training moves twice.</param>
    /// <param name="options">Everything else.</param>
    public PyramidStage(int queryChannels, int keyChannels, int outputChannels, bool shared, AsymmetricOptions options)
    {
        levels = options.Levels;
        int width = options.KeyChannels ?? Math.Max(keyChannels / 2, 1);
        scale = 1 / Math.Sqrt(width);
        bool published = options.Preset == AsymmetricPreset.Ann;
        key = Register(published ? "f_key" : "key_project", Embedding(keyChannels, width, options));
        query = Register(published ? "f_query" : "query_project", shared ? key : Embedding(queryChannels, width, options));
        value = Register(published ? "f_value" : "value_project", new Conv(keyChannels, options.ValueChannels ?? width, [1, 1]));
        output = Register(published ? "W" : "out_project", new Conv(
            options.ValueChannels ?? width,
            outputChannels,
            [1, 1],
            initializer: Initializers.Zeros,
            biasInitializer: Initializers.Zeros));
    }

    /// <summary>The width of values.</summary>
    public int ValueChannels => value.Weight.Shape.Last;

    /// <summary>In the order in which it is written: [batch, N, output channels].</summary>
    /// <param name="high">The map that reads.</param>
    /// <param name="low">The map that is read.</param>
    /// <param name="route">With the weights of the cells in memory or not.</param>
    /// <param name="maps">Gets the weights, [batch, N, cells], if it is there.</param>
    public Value Written(Value high, Value low, Route route, List<Value>? maps)
    {
        using Graph.LayerScope scope = Enter(high.Graph);
        (Value q, Value k) = Compared(high, low, maps);
        Value y = PairwiseRules.Softmax(q, k, Cells(Embed(value, low)), scale, null, route);
        return Positions.Flatten(Positions.Through(output, y, 2));
    }

    /// <summary>The same with what follows applied to the cells: [batch, N, width of the following].</summary>
    /// <param name="high">The map that reads.</param>
    /// <param name="low">The map that is read.</param>
    /// <param name="following">An affine map of the stage's output, from [batch, cells, output channels].</param>
    /// <param name="maps">Gets the weights, [batch, N, cells], if it is there.</param>
    public Value Attend(Value high, Value low, Func<Value, Value> following, List<Value>? maps)
    {
        using Graph.LayerScope scope = Enter(high.Graph);
        (Value q, Value k) = Compared(high, low, maps);
        Value cells = Positions.Flatten(Positions.Through(output, Positions.Through(value, Cells(low), 2), 2));
        return q.Attend(k, following(cells), scale);
    }

    private (Value Query, Value Key) Compared(Value high, Value low, List<Value>? maps)
    {
        (Value q, Value k) = (Positions.Flatten(Embed(query, high)), Cells(Embed(key, low)));
        maps?.Add(PairwiseRules.SoftmaxMap(q, k, scale, null));
        return (q, k);
    }

    // All levels in a row, [batch, cells, channels].
    private Value Cells(Value map)
    {
        int axes = map.Shape.Rank - 2;
        return levels.Select(cells => Positions.Flatten(map.AdaptiveAveragePool([.. Enumerable.Repeat(cells, axes)]))).ToArray().Concat(1);
    }

    private static Value Embed(Layer layer, Value map)
    {
        Value y = Positions.Through(layer, map, 2);
        return y.Reshape(map.Shape.With(^1, y.Shape.Last));
    }

    private static Sequential Embedding(int channels, int width, AsymmetricOptions options) => options.Preset == AsymmetricPreset.Ann
        ? new Sequential(
            new Conv(channels, width, [1, 1]),
            new Sequential(new BatchNorm(width, options.Norm.Epsilon, options.Norm.Momentum), Functions.Relu()))
        : new Sequential(
            ("conv", new Conv(channels, width, [1, 1], bias: false, initializer: Initializers.KaimingNormalFanOut)),
            ("bn", new BatchNorm(width, options.Norm.Epsilon, options.Norm.Momentum)),
            ("activate", Functions.Relu()));
}
