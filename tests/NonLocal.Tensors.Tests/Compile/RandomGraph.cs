using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Compile;

/// <summary>
/// A random network over small feature maps [batch, height, width, channels] with its gradients: what the compiler is tested on.
/// Numbers stay near 1, so that differences mean errors.
/// </summary>
internal sealed class RandomGraph
{
    private const int Batch = 2;
    private readonly Random random;
    private readonly List<Value> maps = [];
    private readonly List<Variable> variables = [];

    public RandomGraph(int seed, int operations)
    {
        random = new Random(seed);
        for (int i = 0; i < 2; i++)
        {
            maps.Add(Graph.Input($"x{i}", [Batch, 4, 5, 3]));
        }

        for (int i = 0; i < operations; i++)
        {
            using Graph.LayerScope scope = Graph.Enter($"layer{i}");
            maps.Add(Settle(Grow()));
        }

        Value[] forward = [maps[^1], Pick()];
        Variable state = NewVariable(Shape.Scalar, VariableKind.State);
        Graph.Assign(state, Graph.Read(state) + maps[^1].Mean().Reshape(Shape.Scalar));
        List<Value> targets = [.. Graph.Inputs, .. variables.Select(Graph.Read)];
        Value[] cotangents = [.. forward.Select(output => Graph.Input("cotangent", output.Shape))];
        Outputs = [.. forward, .. Differentiation.Gradients(forward, cotangents, targets).OfType<Value>(), Graph.Assignments[state]];
        Feeds = [.. Graph.Inputs.Select(input => NewTensor(input.Shape))];
    }

    public Graph Graph { get; } = new();

    public IReadOnlyList<Value> Outputs { get; }

    public IReadOnlyList<Tensor> Feeds { get; }

    private Value Pick() => maps[random.Next(maps.Count)];

    private Value Grow()
    {
        Value x = Pick();
        return random.Next(19) switch
        {
            0 => x.Unary(Choose(UnaryKind.Relu, UnaryKind.HyperbolicTangent, UnaryKind.Sigmoid)),
            1 => x.Unary(Choose(UnaryKind.Swish, UnaryKind.Gelu, UnaryKind.Negate)),
            2 => Choose(x + Like(x), x * Like(x), x - Like(x), x.Maximum(Like(x))),
            3 => (x * Parameter([x.Shape.Last])) + Parameter([x.Shape.Last]),
            4 => Convolve(x),
            5 => ((Convolve(x) * Parameter([x.Shape.Last])) + Parameter([x.Shape.Last]) + x).Relu(),
            6 => x.LeakyRelu(0.1) - x.Mean(1, 2),
            7 => Product(x),
            8 => x.Permute(0, 2, 1, 3).Permute(0, 2, 1, 3) * 0.5,
            9 => x.BatchNorm(Parameter([x.Shape.Last]), Parameter([x.Shape.Last])).Result,
            10 => Choose(x.LayerNorm(), x.InstanceNorm(), x.GroupNorm(1)),
            11 => x.Softmax(Choose(-1, 1)),
            12 => Attend(x),
            13 => AttendByConcatenation(x),
            14 => x.MaxPool(ConvolutionGeometry.Create([3, 3], padding: [1, 1])),
            15 => Choose(x.AdaptiveAveragePool([2, 3]), x.AveragePool(ConvolutionGeometry.Create([2, 2], [2, 2])))
                .ResizeLinear(x.Shape[1..^1]),
            16 => x.Pad([0, 1, 0, 0], [0, 0, 2, 0]).Slice([0, 0, 1, 0], x.Shape),
            17 => Linear(x).AttendCrissCross(Linear(x), x),
            _ => ReadTwice(Linear(x)) + x,
        };
    }

    private Value Convolve(Value x) =>
        x.Convolution(Parameter([3, 3, x.Shape.Last, x.Shape.Last]), ConvolutionGeometry.Create([3, 3], padding: [1, 1]));

    private Value Linear(Value x) => x.MatMul(Parameter([x.Shape.Last, x.Shape.Last])) + Parameter([x.Shape.Last]);

    // A product that two operations read must not be computed twice.
    private static Value ReadTwice(Value product) => product.Relu() + (product * 0.3);

    // y = θ φᵀ g / N
    private static Value Product(Value x)
    {
        Value rows = Rows(x);
        Value map = rows.MatMul(rows, transposeRight: true) * (1.0 / rows.Shape[1]);
        return map.MatMul(rows).Reshape(x.Shape);
    }

    // Queries, keys and values of their own, so that nothing cancels.
    private Value Attend(Value x) =>
        Rows(Linear(x)).Attend(Rows(Linear(x)), Rows(x), scale: 0.5).Reshape(x.Shape);

    private Value AttendByConcatenation(Value x)
    {
        Value a = Rows(x).MatMul(Parameter([x.Shape.Last, 1]));
        Value b = Rows(x).MatMul(Parameter([x.Shape.Last, 1]));
        return a.AttendByConcatenation(b, Rows(x)).Reshape(x.Shape);
    }

    // [batch, height·width, channels]
    private static Value Rows(Value x) => x.Reshape([Batch, (int)(x.Shape.Count / Batch / x.Shape.Last), x.Shape.Last]);

    private Value Like(Value x)
    {
        Value[] same = [.. maps.Where(map => map.Shape == x.Shape)];
        return same[random.Next(same.Length)];
    }

    // Keeps the numbers small.
    private static Value Settle(Value x) => x * 0.7;

    private TItem Choose<TItem>(params ReadOnlySpan<TItem> items) => items[random.Next(items.Length)];

    private Value Parameter(Shape shape) => Graph.Read(NewVariable(shape, VariableKind.Parameter));

    private Variable NewVariable(Shape shape, VariableKind kind)
    {
        Variable variable = new($"p{variables.Count}", NewTensor(shape), kind);
        if (kind == VariableKind.Parameter)
        {
            variables.Add(variable);
        }

        return variable;
    }

    private Tensor NewTensor(Shape shape)
    {
        double scale = 1 / Math.Sqrt(Math.Max(1, shape.Rank > 1 ? shape.Count / shape.Last : 1));
        return Tensor.From(shape, [.. Enumerable.Range(0, (int)shape.Count)
            .Select(_ => (float)(Graphs.GradientCheck.Normal(random) * (shape.Rank == 4 && shape[0] == Batch ? 1 : scale)))]);
    }
}
