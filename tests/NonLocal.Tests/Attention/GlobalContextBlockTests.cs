using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using static NonLocal.Tests.Attention.BlockChecks;

namespace NonLocal.Tests.Attention;

public class GlobalContextBlockTests
{
    private static readonly GlobalContextOptions Small = new() { Width = 3 };

    [Theory]
    [InlineData("2x11x6")]
    [InlineData("2x5x4x6")]
    [InlineData("1x2x3x5x6")]
    public void Forward_EveryPoolingAndFusion_EqualsItsLiteralRouteWithGradients(string shape)
    {
        foreach (GlobalContextOptions options in PoolingsAndFusions())
        {
            BlockRun automatic = new(BlockRun.Randomised(new GlobalContextBlock(6, options)), Shape.Parse(shape), spread: 0.5);
            GlobalContextBlock written = new(6, options with { Route = Route.Literal });
            BlockRun literal = new(BlockRun.Randomised(written), Shape.Parse(shape), spread: 0.5);
            double[][] expected = literal.Interpreted();
            BlockRun.AssertAgree(expected, automatic.Interpreted(), 1e-9);
            BlockRun.AssertAgree(expected, automatic.Program(), 1e-4);
        }
    }

    [Fact]
    public void Forward_OneSignal_IsWhatTheFormulaSays()
    {
        GlobalContextBlock block = BlockRun.Randomised(new GlobalContextBlock(4, Small with { Fusion = ContextFusion.ScaleThenAdd }));
        Random random = new(3);
        double[] x = [.. Enumerable.Range(0, 20).Select(_ => random.NextDouble() - 0.5)];
        double[] z = Interpret(block, [1, 5, 4], x);
        Dictionary<string, double[]> weights = block.Variables().ToDictionary(
            entry => entry.Name, entry => Array.ConvertAll(entry.Variable.Value.Span.ToArray(), number => (double)number));
        double[] scores = [.. Enumerable.Range(0, 5).Select(
            i => Math.Exp(Enumerable.Range(0, 4).Sum(c => x[(i * 4) + c] * weights["conv_mask.weight"][c])))];
        double[] context = [.. Enumerable.Range(0, 4).Select(
            c => Enumerable.Range(0, 5).Sum(i => scores[i] / scores.Sum() * x[(i * 4) + c]))];
        double[] factor = [.. Transform("channel_mul_conv").Select(number => 1 / (1 + Math.Exp(-number)))];
        double[] addend = Transform("channel_add_conv");
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal((x[i] * factor[i % 4]) + addend[i % 4], z[i], 1e-9);
        }

        double[] Transform(string name)
        {
            double[] inner = Dense(context, weights[name + ".0.weight"], weights[name + ".0.bias"]);
            double mean = inner.Average();
            double deviation = Math.Sqrt(inner.Average(number => (number - mean) * (number - mean)) + 1e-5);
            double[] activated = [.. inner.Select((number, p) => Math.Max(
                0, ((number - mean) / deviation * weights[name + ".1.weight"][p]) + weights[name + ".1.bias"][p]))];
            return Dense(activated, weights[name + ".3.weight"], weights[name + ".3.bias"]);
        }
    }

    [Fact]
    public void Forward_FreshBlockThatAdds_ReturnsItsInputBitForBit()
    {
        foreach (bool training in (bool[])[false, true])
        {
            Assert.True(IsIdentity(new GlobalContextBlock(32), training));
            Assert.True(IsIdentity(new GlobalContextBlock(32, new() { Pooling = ContextPooling.Average }), training));
            Assert.True(IsIdentity(new SimplifiedNonLocalBlock(32), training));
            Assert.True(IsIdentity(new SimplifiedNonLocalBlock(32, SimplifiedNonLocalForm.SharedAttention), training));
            Assert.False(IsIdentity(new GlobalContextBlock(32, new() { ZeroInitialised = false }), training));
            Assert.False(IsIdentity(new GlobalContextBlock(32, new() { Fusion = ContextFusion.Scale }), training));
        }
    }

    [Fact]
    public void Forward_FreshBlockThatScales_Halves()
    {
        GlobalContextBlock block = new(32, new GlobalContextOptions { Fusion = ContextFusion.Scale });
        float[] x = Numbers(1 * 6 * 32);
        Assert.Equal(x.Select(number => number / 2), Run(block, [1, 6, 32], x));
    }

    [Fact]
    public void Forward_PositionsPermuted_PermutesTheResult()
    {
        int[] order = [3, 0, 6, 1, 5, 2, 4];
        Layer[] blocks =
        [
            .. PoolingsAndFusions().Select(options => new GlobalContextBlock(6, options)),
            new SimplifiedNonLocalBlock(6),
            new SqueezeExcitationBlock(6, 2),
        ];
        foreach (Layer block in blocks)
        {
            BlockRun.Randomised(block);
            float[] x = Numbers(42);
            AssertNear(Permuted(Run(block, [1, 7, 6], x), order), Run(block, [1, 7, 6], Permuted(x, order)));
        }

        // A convolution over neighbours does not.
        Layer convolution = BlockRun.Randomised(new Conv(6, 6, [3], padding: [1]));
        float[] y = Numbers(42);
        Assert.ThrowsAny<Exception>(() => AssertNear(
            Permuted(Run(convolution, [1, 7, 6], y), order), Run(convolution, [1, 7, 6], Permuted(y, order))));
    }

    [Fact]
    public void Forward_SampleInABatch_IsTheSameBitForBit()
    {
        foreach (Layer block in (Layer[])[new GlobalContextBlock(16), new SqueezeExcitationBlock(16, 4), new SimplifiedNonLocalBlock(16)])
        {
            BlockRun.Randomised(block);
            float[] x = Numbers(3 * 12 * 16);
            float[] alone = Run(block, [1, 3, 4, 16], x[192..384]);
            Assert.Equal(alone, Run(block, [3, 3, 4, 16], x)[192..384]);
        }
    }

    [Fact]
    public void Forward_MapRepeated_RepeatsTheResult()
    {
        GlobalContextBlock block = BlockRun.Randomised(new GlobalContextBlock(6, Small));
        float[] x = Numbers(5 * 6);
        float[] y = Run(block, [1, 5, 6], x);
        AssertNear([.. y, .. y, .. y], Run(block, [1, 15, 6], [.. x, .. x, .. x]));
        AssertNear(y, Run(block, [1, 1, 5, 1, 6], x));

        // Two copies of one position weigh more than one.
        Assert.ThrowsAny<Exception>(() => AssertNear([.. y, .. y[..6]], Run(block, [1, 6, 6], [.. x, .. x[..6]])));
    }

    [Fact]
    public void AttentionMap_OfAttentionPooling_SumsToOneAndDoesNotSeeTheBias()
    {
        GlobalContextBlock block = BlockRun.Randomised(new GlobalContextBlock(6, Small));
        float[] x = Numbers(2 * 12 * 6);
        float[] map = Map();
        Assert.Equal(24, map.Length);
        Assert.Equal(1, map[..12].Sum(), 1e-6f);
        Assert.NotEqual(map[0], map[1]);
        block.Variables().Single(entry => entry.Name == "conv_mask.bias").Variable.Set([3]);
        AssertNear(map, Map());

        float[] Map()
        {
            Graph graph = new();
            Value input = graph.Input("x", [2, 3, 4, 6]);
            Program program = Program.Compile(graph, [block.AttentionMap(input), block.AttentionRows(input, 7, 2)]);
            program.Run(Tensor.From(input.Shape, x));
            float[] rows = program.Outputs[1].Span.ToArray();
            float[] row = program.Outputs[0].Span.ToArray();
            Assert.Equal([.. row[..12], .. row[..12], .. row[12..], .. row[12..]], rows);
            return row;
        }
    }

    [Fact]
    public void AttentionMap_OfAveragePooling_IsUniform()
    {
        GlobalContextBlock block = new(6, Small with { Pooling = ContextPooling.Average });
        Graph graph = new();
        Value input = graph.Input("x", [2, 3, 4, 6]);
        Program program = Program.Compile(graph, [block.AttentionMap(input)]);
        program.Run(Tensor.From(input.Shape, Numbers(144)));
        Assert.All(program.Outputs[0].Span.ToArray(), weight => Assert.Equal(1f / 12, weight));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.AttentionRows(input, 12));
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        GlobalContextOptions scaling = Small with { Fusion = ContextFusion.Scale };
        GlobalContextOptions[] options =
        [
            Small,
            scaling,
            Small with { Fusion = ContextFusion.ScaleThenAdd },
            Small with { Pooling = ContextPooling.Average },
            Small with { Width = 2 },
            new() { Ratio = 1 },
            scaling with { Gate = false },
            Small with { NormEpsilon = 1 },
        ];
        double[][] results = [.. options.Select(
            each => new BlockRun(BlockRun.Randomised(new GlobalContextBlock(6, each)), [2, 4, 5, 6]).Program()[0])];
        for (int i = 0; i < results.Length; i++)
        {
            Assert.All(results[..i], other => Assert.True(
                BlockRun.RootMeanSquare([.. results[i].Zip(other, (a, b) => a - b)]) > 1e-4, $"result {i} is one before it."));
        }
    }

    [Theory]
    [InlineData(GlobalContextPreset.GCNet, "conv_mask.weight conv_mask.bias channel_add_conv.0.weight channel_add_conv.0.bias "
        + "channel_add_conv.1.weight channel_add_conv.1.bias channel_add_conv.3.weight channel_add_conv.3.bias")]
    [InlineData(GlobalContextPreset.Seed001, "Wk.weight Wk.bias Wv1.weight Wv1.bias LN.weight LN.bias Wv2.weight Wv2.bias")]
    [InlineData(GlobalContextPreset.Timm, "conv_attn.weight conv_attn.bias mlp_scale.fc1.weight mlp_scale.fc1.bias mlp_scale.norm.weight "
        + "mlp_scale.norm.bias mlp_scale.fc2.weight mlp_scale.fc2.bias")]
    public void Variables_OfAPreset_HaveThePublishedNames(GlobalContextPreset preset, string names)
    {
        GlobalContextBlock block = new(64, GlobalContextOptions.Of(preset));
        Assert.Equal(names.Split(' '), block.Variables().Select(entry => entry.Name));
        Shape norm = preset == GlobalContextPreset.Timm ? [8] : [4, 1, 1];
        Assert.Equal(norm, block.Variables().First(entry => entry.Variable.Shape.Count == norm[0]
            && !entry.Name.EndsWith("bias", StringComparison.Ordinal)).PublishedShape);
    }

    [Theory]
    [InlineData(512, 33_889)]
    [InlineData(1024, 133_313)]
    [InlineData(2048, 528_769)]
    public void Parameters_AtRatioOneSixteenth_AreAsManyAsPublished(int channels, long expected) =>
        Assert.Equal(expected, new GlobalContextBlock(channels).Parameters().Sum(parameter => parameter.Shape.Count));

    [Fact]
    public void SimplifiedNonLocal_BothForms_EqualTheirLiteralRoutes()
    {
        foreach (SimplifiedNonLocalForm form in Enum.GetValues<SimplifiedNonLocalForm>())
        {
            SimplifiedNonLocalBlock literal = BlockRun.Randomised(new SimplifiedNonLocalBlock(6, form, route: Route.Literal));
            BlockRun automatic = new(BlockRun.Randomised(new SimplifiedNonLocalBlock(6, form)), [2, 4, 5, 6]);
            double[][] expected = new BlockRun(literal, [2, 4, 5, 6]).Interpreted();
            BlockRun.AssertAgree(expected, automatic.Interpreted(), 1e-9);
            BlockRun.AssertAgree(expected, automatic.Program(), 1e-4);
        }
    }

    /// <summary>Where θ is the same vector t for every position, the scores are t·φ(x_j): a mask of W_φᵀ t.</summary>
    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.5, false)]
    public void SimplifiedNonLocal_IsANonLocalBlockWithConstantQueries(double queryWeights, bool equal)
    {
        NonLocalBlock full = BlockRun.Randomised(new NonLocalBlock(6, new NonLocalOptions { Norm = false }));
        Dictionary<string, Variable> from = full.Variables().ToDictionary(entry => entry.Name, entry => entry.Variable);
        from["theta.weight"].Set([.. from["theta.weight"].Value.Span.ToArray().Select(weight => (float)(weight * queryWeights))]);
        SimplifiedNonLocalBlock simple = new(6, SimplifiedNonLocalForm.SharedAttention);
        Dictionary<string, Variable> to = simple.Variables().ToDictionary(entry => entry.Name, entry => entry.Variable);
        foreach (string name in (string[])["g.weight", "g.bias", "W.weight", "W.bias"])
        {
            to[name].Set(from[name].Value.Span.ToArray());
        }

        float[] t = from["theta.bias"].Value.Span.ToArray();
        float[] keys = from["phi.weight"].Value.Span.ToArray();
        to["conv_mask.weight"].Set([.. Enumerable.Range(0, 6).Select(c => Enumerable.Range(0, 3).Sum(k => keys[(c * 3) + k] * t[k]))]);
        to["conv_mask.bias"].Set([0]);
        float[] x = Numbers(2 * 12 * 6);
        float[] expected = Run(full, [2, 3, 4, 6], x);
        float[] actual = Run(simple, [2, 3, 4, 6], x);
        double difference = BlockRun.RootMeanSquare([.. expected.Zip(actual, (a, b) => (double)(a - b))]);
        Assert.Equal(equal, difference < 1e-5);
    }

    [Fact]
    public void Constructor_WhatCannotWork_SaysWhat()
    {
        Assert.Contains("no channel of 8", Message(() => new GlobalContextBlock(8)));
        Assert.Contains("not 0", Message(() => new GlobalContextBlock(8, new() { Width = 0 })));
        Assert.Contains("adds, scales", Message(() => new GlobalContextBlock(32, new() { Fusion = 0 })));
        Assert.Contains("seed 001", Message(() => new GlobalContextBlock(
            32, GlobalContextOptions.Of(GlobalContextPreset.Seed001) with { Fusion = ContextFusion.ScaleThenAdd })));
        Assert.Contains("at most 8", Message(() => new SqueezeExcitationBlock(8)));
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        Assert.Contains("1x3x4x5", Assert.Throws<ShapeException>(() => new GlobalContextBlock(32).Forward(x)).Message);
    }

    [Fact]
    public void SqueezeExcitation_EveryPreset_IsAGateFromTheMean()
    {
        SqueezeExcitationBlock block = BlockRun.Randomised(new SqueezeExcitationBlock(4, 2));
        Dictionary<string, double[]> weights = block.Variables().ToDictionary(
            entry => entry.Name, entry => Array.ConvertAll(entry.Variable.Value.Span.ToArray(), number => (double)number));
        Assert.Equal(["fc.0.weight", "fc.2.weight"], weights.Keys);
        Random random = new(3);
        double[] x = [.. Enumerable.Range(0, 20).Select(_ => random.NextDouble())];
        double[] mean = [.. Enumerable.Range(0, 4).Select(c => Enumerable.Range(0, 5).Average(i => x[(i * 4) + c]))];
        double[] inner = [.. Dense(mean, weights["fc.0.weight"], new double[2]).Select(number => Math.Max(0, number))];
        double[] gate = [.. Dense(inner, weights["fc.2.weight"], new double[4]).Select(number => 1 / (1 + Math.Exp(-number)))];
        double[] z = Interpret(block, [1, 5, 4], x);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(x[i] * gate[i % 4], z[i], 1e-9);
        }

        SqueezeExcitationBlock timm = new(96, 16, SqueezeExcitationPreset.Timm);
        Assert.Equal(["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"], timm.Variables().Select(entry => entry.Name));
        Assert.Equal([8, 96, 1, 1], timm.Variables().First().PublishedShape);
        Assert.Equal(32_768, new SqueezeExcitationBlock(512).Parameters().Sum(parameter => parameter.Shape.Count));
    }

    private static IEnumerable<GlobalContextOptions> PoolingsAndFusions() =>
        from pooling in Enum.GetValues<ContextPooling>()
        from fusion in Enum.GetValues<ContextFusion>()
        select Small with { Pooling = pooling, Fusion = fusion };

    private static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;

    // [inputs, outputs] weights, as the engine has them.
    private static double[] Dense(double[] x, double[] weight, double[] bias) => [.. bias.Select(
        (number, j) => number + x.Select((element, i) => element * weight[(i * bias.Length) + j]).Sum())];
}
