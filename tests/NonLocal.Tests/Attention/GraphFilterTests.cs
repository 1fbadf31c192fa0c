using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

/// <summary>Every named block is a configuration of the graph filter. Each test has a neighbour that is not.</summary>
public class GraphFilterTests
{
    private static readonly Shape Map = [2, 3, 4, 6];

    [Fact]
    public void Apply_SoftmaxOfFirstOrder_IsTheNonLocalBlock()
    {
        NonLocalBlock block = BlockRun.Randomised(new NonLocalBlock(6, new NonLocalOptions { Norm = false }));
        AssertOnlyFirst(
            block,
            x => Residual(x, Filter(x, Affinity.Softmax(Of(block, "theta", x), Of(block, "phi", x)))),
            x => Residual(x, Filter(x, Affinity.Softmax(Of(block, "phi", x), Of(block, "theta", x)))));

        Value Filter(Value x, Affinity affinity) =>
            GraphFilter.Apply(affinity, Of(block, "g", x), [null, Weight(block, "W", x)]) + Bias(block, "W", x)!;
    }

    [Fact]
    public void Apply_LinearOverN_IsTheDotProductBlock()
    {
        NonLocalOptions options = new() { Norm = false, Pairwise = Pairwise.DotProduct };
        NonLocalBlock block = BlockRun.Randomised(new NonLocalBlock(6, options));
        AssertOnlyFirst(
            block,
            x => Residual(x, Filter(x, Affinity.Linear(Of(block, "theta", x), Of(block, "phi", x), 1.0 / 12))),
            x => Residual(x, Filter(x, OverRowSums(Of(block, "theta", x), Of(block, "phi", x)))));

        Value Filter(Value x, Affinity affinity) =>
            GraphFilter.Apply(affinity, Of(block, "g", x), [null, Weight(block, "W", x)]) + Bias(block, "W", x)!;
    }

    [Fact]
    public void Apply_SymmetricWithTwoTerms_IsTheSpectralBlock()
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(6));
        AssertOnlyFirst(block, x => Filtered(x, Affinity.Symmetric), x => Filtered(x, (t, p) => Affinity.Linear(t, p, 1.0 / 12)));

        Value Filtered(Value x, Func<Value, Value, Affinity> affinity)
        {
            Value?[] coefficients = [Weight(block, "stages.0.w_1", x), Weight(block, "stages.0.w_2", x)];
            Value y = GraphFilter.Apply(
                affinity(Of(block, "t", x).Relu(), Of(block, "p", x).Relu()), Of(block, "stages.0.g", x), coefficients);
            return Residual(x, Normalised(block, "stages.0.bn", y).Relu());
        }
    }

    [Fact]
    public void Apply_FourTerms_IsTheGeneralSpectralBlockInItsBasisOnly()
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(6, new() { Terms = 4 }));
        AssertOnlyFirst(block, x => Filtered(x, FilterBasis.Chebyshev), x => Filtered(x, FilterBasis.Powers));

        Value Filtered(Value x, FilterBasis basis)
        {
            Value?[] coefficients = [.. Enumerable.Range(1, 4).Select(number => Weight(block, $"stages.0.w_{number}", x))];
            Affinity affinity = Affinity.Symmetric(Of(block, "t", x).Relu(), Of(block, "p", x).Relu());
            Value y = GraphFilter.Apply(affinity, Of(block, "stages.0.g", x), coefficients, basis);
            return Residual(x, Normalised(block, "stages.0.bn", y).Relu());
        }
    }

    [Fact]
    public void Apply_OppositeCoefficients_IsTheNonLocalStage()
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(6, new() { Kind = SpectralKind.NonLocalStage }));
        AssertOnlyFirst(block, x => Filtered(x, 1, -1), x => Filtered(x, 1, 1));

        Value Filtered(Value x, double own, double others)
        {
            Value weight = Weight(block, "stages.0.w_2", x);
            Affinity affinity = Affinity.Softmax(Of(block, "t", x), Of(block, "p", x));
            Value y = GraphFilter.Apply(affinity, Of(block, "stages.0.g", x), [weight * own, weight * others]);
            return Residual(x, Normalised(block, "stages.0.bn", y).Relu());
        }
    }

    [Fact]
    public void Apply_TwoSoftmaxes_IsDoubleAttention()
    {
        DoubleAttentionBlock block = BlockRun.Randomised(new DoubleAttentionBlock(6, DoubleAttentionOptions.Published(4, 3)));
        AssertOnlyFirst(block, x => Filtered(x, 2), x => Filtered(x, 1));

        Value Filtered(Value x, int axis)
        {
            Affinity affinity = Affinity.Linear(Of(block, "convV", x).Softmax(axis), Of(block, "convB", x).Softmax(1));
            Value?[] coefficients = [null, Weight(block, "conv_reconstruct", x)];
            return GraphFilter.Apply(affinity, Of(block, "convA", x), coefficients) + Bias(block, "conv_reconstruct", x)!;
        }
    }

    [Fact]
    public void Apply_PairsOfPositionAndChannelAsNodes_IsTheCompactGeneralizedBlock()
    {
        CompactGeneralizedNonLocalBlock block = BlockRun.Randomised(
            new CompactGeneralizedNonLocalBlock(6, new() { InnerChannels = 4, Groups = 1 }));
        AssertOnlyFirst(block, x => Filtered(x, "t", "p"), x => Filtered(x, "p", "t"));

        // 12 positions of 4 channels are 48 nodes of one feature each.
        Value Filtered(Value x, string query, string key)
        {
            Affinity affinity = Affinity.Linear(Nodes(x, query), Nodes(x, key));
            Value y = GraphFilter.Apply(affinity, Nodes(x, "g"), [null, x.Graph.Constant(Tensor.From([1, 1], [1f]))]);
            y = y.Reshape([2, 12, 4]).MatMul(Weight(block, "z", x));
            return Residual(x, y.GroupNorm(1, Read(block, "gn.weight", x), Read(block, "gn.bias", x)));
        }

        Value Nodes(Value x, string name) => Of(block, name, x).Reshape([2, 48, 1]);
    }

    [Fact]
    public void Apply_SoftmaxOverCrosses_IsCrissCrossAttention()
    {
        CrissCrossAttention block = BlockRun.Randomised(new CrissCrossAttention(6, new CrissCrossOptions { Reduction = 2 }));
        AssertOnlyFirst(
            block,
            x => Filtered(x, Affinity.CrissCross(MapOf(x, "query_conv"), MapOf(x, "key_conv"))),
            x => Filtered(x, Affinity.Softmax(Of(block, "query_conv", x), Of(block, "key_conv", x))));

        Value Filtered(Value x, Affinity affinity)
        {
            Value y = GraphFilter.Apply(affinity, Table(x), [null, Weight(block, "value_conv", x)]) + Bias(block, "value_conv", x)!;
            return Residual(x, y * Read(block, "gamma", x));
        }

        Value MapOf(Value x, string name) => Of(block, name, x).Reshape(Map.With(^1, 3));
    }

    [Fact]
    public void Terms_Chebyshev_FollowTheRecurrence()
    {
        Graph graph = new();
        Value x = graph.Input("x", Map);
        Affinity affinity = Affinity.Linear(Table(x), Table(x), 0.1);
        IReadOnlyList<Value> powers = GraphFilter.Terms(affinity, Table(x), 4, FilterBasis.Powers);
        IReadOnlyList<Value> terms = GraphFilter.Terms(affinity, Table(x), 4);
        Assert.InRange(Distance(graph, x, terms[2], (powers[2] * 2) - powers[0]), 0, 1e-12);
        Assert.InRange(Distance(graph, x, terms[3], (powers[3] * 4) - (powers[1] * 3)), 0, 1e-12);
        Assert.NotInRange(Distance(graph, x, terms[3], powers[3]), 0, 1e-3);
        Assert.Throws<ArgumentOutOfRangeException>(() => GraphFilter.Terms(affinity, Table(x), 0));
        Assert.Throws<ArgumentException>(() => GraphFilter.Apply(affinity, Table(x), [null, null]));
    }

    [Fact]
    public void Affinity_EveryKind_AppliesItsMap()
    {
        Graph graph = new();
        Value x = graph.Input("x", Map);
        Value positive = Table(x).Relu();
        Affinity[] affinities =
        [
            Affinity.Softmax(Table(x), positive, 0.7),
            Affinity.Linear(Table(x), positive, 0.3),
            Affinity.Symmetric(positive, (-Table(x)).Relu()),
            Affinity.CrissCross(x, x.Relu()),
        ];
        foreach (Affinity affinity in affinities)
        {
            Value expected = affinity.Literal().Apply(Table(x));
            Assert.InRange(Distance(graph, x, expected, affinity.Apply(Table(x))), 0, 1e-12);
            Assert.InRange(Distance(graph, x, affinity.Rows(5), affinity.Literal().Rows(5)), 0, 1e-12);
            Assert.NotInRange(Distance(graph, x, affinity.Rows(5), affinity.Rows(6)), 0, 1e-3);
        }
    }

    // M divided by the sums of its rows.
    private static Affinity OverRowSums(Value query, Value key)
    {
        Value map = Affinity.Linear(query, key).Map();
        return Affinity.Given(map / map.Sum(2));
    }

    private static void AssertOnlyFirst(Layer block, Func<Value, Value> configuration, Func<Value, Value> neighbour)
    {
        Graph graph = new();
        Value x = graph.Input("x", Map);
        Value expected = Table(block.Forward(x));
        Assert.InRange(Distance(graph, x, expected, Table(configuration(x))), 0, 1e-12);
        Assert.NotInRange(Distance(graph, x, expected, Table(neighbour(x))), 0, 1e-3);
    }

    // Of random input, in double, relative.
    private static double Distance(Graph graph, Value x, Value expected, Value actual)
    {
        Random random = new(7);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [.. Enumerable.Range(0, (int)x.Shape.Count).Select(_ => random.NextDouble() - 0.5)]);
        Value difference = actual - expected;
        interpreter.Run(expected, difference);
        return BlockRun.RootMeanSquare(interpreter[difference].ToArray()) / BlockRun.RootMeanSquare(interpreter[expected].ToArray());
    }

    private static Value Table(Value x) => x.Reshape([x.Shape[0], (int)x.Shape[1..^1].Count, x.Shape.Last]);

    private static Value Residual(Value x, Value y) => Table(x) + y;

    private static Value Read(Layer block, string name, Value x) =>
        x.Graph.Read(block.Variables().Single(entry => entry.Name == name).Variable);

    private static Value Weight(Layer block, string name, Value x)
    {
        string full = block.Variables().Select(entry => entry.Name).Single(each => each == name + ".weight" || each == name + ".0.weight");
        Value weight = Read(block, full, x);
        return weight.Reshape([weight.Shape[^2], weight.Shape.Last]);
    }

    private static Value? Bias(Layer block, string name, Value x) =>
        block.Variables().Select(entry => entry.Name).FirstOrDefault(each => each == name + ".bias" || each == name + ".0.bias") is { } full
            ? Read(block, full, x)
            : null;

    // A 1×1 convolution of the block, by hand.
    private static Value Of(Layer block, string name, Value x)
    {
        Value y = Table(x).MatMul(Weight(block, name, x));
        return Bias(block, name, x) is { } bias ? y + bias : y;
    }

    private static Value Normalised(Layer block, string name, Value y)
    {
        Value scale = (Read(block, name + ".running_var", y) + 1e-5).ReciprocalSquareRoot() * Read(block, name + ".weight", y);
        return ((y - Read(block, name + ".running_mean", y)) * scale) + Read(block, name + ".bias", y);
    }
}
