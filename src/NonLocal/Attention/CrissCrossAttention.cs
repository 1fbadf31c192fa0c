using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>Whose names the parameters of <see cref="CrissCrossAttention"/> have.</summary>
public enum CrissCrossPreset
{
    /// <summary>speedinghzl/CCNet: <c>query_conv, key_conv, value_conv, gamma</c>.</summary>
    CCNet,

    /// <summary>open-mmlab/mmcv: the same with <c>gamma.scale</c>, a number without axes.</summary>
    Mmcv,
}

/// <summary>What criss-cross blocks differ in.</summary>
public sealed record CrissCrossOptions
{
    /// <summary>Queries and keys have C/reduction channels, at least 1. Default: 8, as published.</summary>
    public int Reduction { get; init; } = 8;

    /// <summary>R, how often the block is applied, with the same weights. Default: 1; the networks of the paper use 2.</summary>
    public int Recurrence { get; init; } = 1;

    /// <summary>
    /// Whether a position, where all its lines cross, reads itself once. Default: yes: H + W − 1 positions on pictures, as published, and
    /// T + H + W − 2 on video. Otherwise along every axis but the first, as in CCNet's <c>functions3d.py</c>, where video counts it twice.
    /// </summary>
    public bool OwnOnce { get; init; } = true;

    /// <summary>How many unit axes the 1×1 kernels have in published files: 1, 2 or 3. It decides nothing else. Default: 2.</summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>Whose names the parameters have. Default: CCNet.</summary>
    public CrissCrossPreset Preset { get; init; } = CrissCrossPreset.CCNet;

    /// <summary>How it is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;
}

/// <summary>
/// Criss-cross attention: every position reads the row and the column it stands in, z_i = x_i + gamma · Σ_j softmax_j(q_i·k_j) v_j, where
/// j runs over the H + W − 1 positions of the cross and gamma starts at 0.
/// </summary>
/// <remarks>
/// Huang et al.: CCNet: Criss-Cross Attention for Semantic Segmentation, arXiv 1811.11721; github.com/speedinghzl/CCNet. Applied twice
/// with the same weights, every position reaches every other. Video has three lines through each position; a signal has one, and the block
/// is then self-attention. Scores are not scaled. The cost is N(H + W), and no map is stored.
/// </remarks>
public sealed class CrissCrossAttention : Layer
{
    private readonly CrissCrossOptions options;
    private readonly int channels;
    private readonly Conv query;
    private readonly Conv key;
    private readonly Conv value;
    private readonly Variable gamma;

    /// <summary>A block at the paper's defaults.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="recurrence">How often it is applied.</param>
    public CrissCrossAttention(int channels, int recurrence = 1)
        : this(channels, new CrissCrossOptions { Recurrence = recurrence })
    {
    }

    /// <summary>A block with chosen options.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number below 1, or kernels of more than 3 axes.</exception>
    public CrissCrossAttention(int channels, CrissCrossOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Reduction, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Recurrence, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        this.options = options;
        this.channels = channels;
        int keyChannels = Math.Max(channels / options.Reduction, 1);
        Shape kernel = [.. Enumerable.Repeat(1, options.Dimensions)];
        query = Register("query_conv", new Conv(channels, keyChannels, kernel));
        key = Register("key_conv", new Conv(channels, keyChannels, kernel));
        value = Register("value_conv", new Conv(channels, channels, kernel));
        gamma = options.Preset == CrissCrossPreset.Mmcv
            ? Register("gamma", new Scale(0)).Number
            : Parameter("gamma", [1], Initializers.Zeros);
    }

    /// <summary>What the block was made with.</summary>
    public CrissCrossOptions Options => options;

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How chosen positions weigh all positions in the last pass: 0 but on the cross.</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <returns>[batch, queries, N].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Positions.Check(x, channels, "criss-cross attention");
        for (int pass = 1; pass < options.Recurrence; pass++)
        {
            x = Pass(x);
        }

        Value chosen = Positions.Rows(Positions.Flatten(Embed(query, x)), queries);
        Value scores = chosen.MatMul(Positions.Flatten(Embed(key, x)), transposeRight: true);
        return (scores + x.Graph.Constant(Meetings(x.Shape, queries)).Logarithm()).Softmax();
    }

    /// <summary>
    /// The weights of every pass, [batch, positions…, sum of the lengths]: for each position its line along the first axis, then along the
    /// next. Where a line skips the position itself its weight is 0.
    /// </summary>
    /// <param name="x">The block's input.</param>
    public IReadOnlyList<Value> AttentionMaps(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Positions.Check(x, channels, "criss-cross attention");
        List<Value> maps = [];
        for (int pass = 0; pass < options.Recurrence; pass++)
        {
            maps.Add(Map(Embed(query, x), Embed(key, x)));
            x = Pass(x);
        }

        return maps;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "criss-cross attention");
        for (int pass = 0; pass < options.Recurrence; pass++)
        {
            x = Pass(x);
        }

        return x;
    }

    private Value Pass(Value x)
    {
        if (options.Route == Route.Automatic)
        {
            return Streamed(x);
        }

        Value y = Literal(Map(Embed(query, x), Embed(key, x)), Embed(value, x));
        return (y * x.Graph.Read(gamma)) + x;
    }

    // Weights sum to 1, so the values' convolution may follow the attention, A (x V + b) = (A x) V + b: there gamma goes into its weights
    // and the residual into its epilogue. Queries and keys are one product.
    private Value Streamed(Value x)
    {
        Graph graph = x.Graph;
        Conv[] both = [query, key];
        Value weight = both.Select(each => Matrix(graph, each)).ToArray().Concat(-1);
        Value bias = both.Select(each => graph.Read(each.Bias!)).ToArray().Concat(-1);
        int width = weight.Shape.Last / 2;
        Value compared = (Positions.Flatten(x).MatMul(weight) + bias).Reshape(x.Shape.With(^1, 2 * width));
        Value y = compared.SliceAxis(-1, 0, width).AttendCrissCross(compared.SliceAxis(-1, width, width), x, options.OwnOnce);
        Value gain = graph.Read(gamma);
        y = Positions.Flatten(y).MatMul(Matrix(graph, value) * gain) + (graph.Read(value.Bias!) * gain);
        return (y + Positions.Flatten(x)).Reshape(x.Shape);
    }

    private static Value Matrix(Graph graph, Conv convolution) =>
        graph.Read(convolution.Weight).Reshape([convolution.Weight.Shape[^2], convolution.Weight.Shape.Last]);

    private Value Embed(Conv convolution, Value x) =>
        Positions.Through(convolution, x, options.Dimensions).Reshape(x.Shape.With(^1, convolution.Weight.Shape.Last));

    // Scores along each axis, side by side, and one softmax over them.
    private Value Map(Value q, Value k)
    {
        List<Value> lines = [];
        for (int axis = 1; axis < q.Shape.Rank - 1; axis++)
        {
            Value scores = AlongLast(q, axis).MatMul(AlongLast(k, axis), transposeRight: true);
            lines.Add(AlongLast(SkipsOwn(q.Shape, axis) ? WithoutOwn(scores) : scores, axis));
        }

        return lines.Concat(-1).Softmax();
    }

    private static Value Literal(Value map, Value v)
    {
        Value? sum = null;
        int begin = 0;
        for (int axis = 1; axis < v.Shape.Rank - 1; axis++)
        {
            Value weights = AlongLast(map.SliceAxis(-1, begin, v.Shape[axis]), axis);
            Value y = AlongLast(weights.MatMul(AlongLast(v, axis)), axis);
            sum = sum is null ? y : sum + y;
            begin += v.Shape[axis];
        }

        return sum!;
    }

    // Swaps a spatial axis with the last one; the same again swaps back.
    private static Value AlongLast(Value x, int axis)
    {
        int[] order = [.. Enumerable.Range(0, x.Shape.Rank)];
        (order[axis], order[^2]) = (order[^2], order[axis]);
        return axis == x.Shape.Rank - 2 ? x : x.Permute(order);
    }

    private bool SkipsOwn(Shape map, int axis) => map.Rank > 3 && (options.OwnOnce ? axis < map.Rank - 2 : axis == 1);

    private static Value WithoutOwn(Value scores)
    {
        int length = scores.Shape.Last;
        Tensor mask = new([length, length]);
        for (int i = 0; i < length; i++)
        {
            mask.Span[i * (length + 1)] = float.NegativeInfinity;
        }

        return scores + scores.Graph.Constant(mask);
    }

    // How often each chosen position reads each position: [queries, N].
    private Tensor Meetings(Shape map, ReadOnlySpan<int> queries)
    {
        int count = checked((int)map[1..^1].Count);
        Tensor meetings = new([queries.Length, count]);
        for (int i = 0; i < queries.Length; i++)
        {
            for (int axis = 1; axis < map.Rank - 1; axis++)
            {
                int step = (int)map[(axis + 1)..^1].Count;
                int first = queries[i] - (queries[i] / step % map[axis] * step);
                for (int place = 0; place < map[axis]; place++)
                {
                    int position = first + (place * step);
                    meetings.Span[(i * count) + position] += position == queries[i] && SkipsOwn(map, axis) ? 0 : 1;
                }
            }
        }

        return meetings;
    }
}
