using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class NonLocalBlockTests
{
    public static TheoryData<Pairwise, Similarity, string, Subsampling> Cases
    {
        get
        {
            TheoryData<Pairwise, Similarity, string, Subsampling> cases = [];
            foreach (Pairwise pairwise in Enum.GetValues<Pairwise>())
            {
                foreach (string shape in (string[])["2x11x6", "2x5x4x6", "1x2x3x5x6"])
                {
                    foreach (Subsampling subsampling in Enum.GetValues<Subsampling>())
                    {
                        cases.Add(pairwise, Similarity.DotProduct, shape, subsampling);
                    }
                }
            }

            cases.Add(Pairwise.Gaussian, Similarity.Euclidean, "2x5x4x6", Subsampling.None);
            cases.Add(Pairwise.Gaussian, Similarity.Euclidean, "2x5x4x6", Subsampling.AfterEmbedding);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryRule_EqualsItsLiteralRouteWithGradients(
        Pairwise pairwise, Similarity similarity, string shape, Subsampling subsampling)
    {
        NonLocalOptions options = new() { Pairwise = pairwise, Similarity = similarity, Subsampling = subsampling };
        BlockRun streamed = new(Randomised(6, options), Shape.Parse(shape), spread: 0.5);
        BlockRun literal = new(Randomised(6, options with { Route = Route.Literal }), Shape.Parse(shape), spread: 0.5);
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, streamed.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, streamed.Program(), 1e-4);
        BlockRun.AssertAgree(expected, literal.Program(), 1e-4);
    }

    [Theory]
    [InlineData(Pairwise.Gaussian, Similarity.DotProduct)]
    [InlineData(Pairwise.Gaussian, Similarity.Euclidean)]
    [InlineData(Pairwise.EmbeddedGaussian, Similarity.DotProduct)]
    [InlineData(Pairwise.DotProduct, Similarity.DotProduct)]
    [InlineData(Pairwise.Concatenation, Similarity.DotProduct)]
    public void AttentionMap_EveryRule_IsWhatTheFormulaSays(Pairwise pairwise, Similarity similarity)
    {
        NonLocalOptions options = new() { Pairwise = pairwise, Similarity = similarity, LogitScale = LogitScale.Of(0.3), Dimensions = 1 };
        NonLocalBlock block = Randomised(6, options);
        Graph graph = new();
        Value x = graph.Input("x", [1, 4, 6]);
        Random random = new(3);
        double[] content = [.. Enumerable.Range(0, 24).Select(_ => random.NextDouble() - 0.5)];
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, content);
        Value map = block.AttentionMap(x);
        interpreter.Run(map);
        double[] expected = LiteralMap(block, content, pairwise, similarity);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], interpreter[map][i], 1e-9);
        }
    }

    [Theory]
    [InlineData(Pairwise.Gaussian)]
    [InlineData(Pairwise.EmbeddedGaussian)]
    [InlineData(Pairwise.DotProduct)]
    [InlineData(Pairwise.Concatenation)]
    public void AttentionRows_ChosenQueries_AreRowsOfTheMap(Pairwise pairwise)
    {
        NonLocalBlock block = Randomised(6, new NonLocalOptions { Pairwise = pairwise });
        Graph graph = new();
        Value x = graph.Input("x", [2, 3, 4, 6]);
        Value map = block.AttentionMap(x);
        Value rows = block.AttentionRows(x, 7, 2);
        Assert.Equal([2, 2, 12], rows.Shape);
        Random random = new(4);
        Program program = Program.Compile(graph, [map, rows]);
        program.Run(Tensor.From(x.Shape, [.. Enumerable.Range(0, 144).Select(_ => (float)random.NextDouble())]));
        for (int i = 0; i < 48; i++)
        {
            (int batch, int row, int column) = (i / 24, i / 12 % 2 == 0 ? 7 : 2, i % 12);
            Assert.Equal(program.Outputs[0].Span[(((batch * 12) + row) * 12) + column], program.Outputs[1].Span[i], 1e-6f);
        }
    }

    [Fact]
    public void AttentionRows_PositionOutsideTheMap_IsRefused()
    {
        Value x = new Graph().Input("x", [1, 3, 4, 6]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new NonLocalBlock(6).AttentionRows(x, 12));
    }

    [Theory]
    [InlineData(Pairwise.Gaussian)]
    [InlineData(Pairwise.EmbeddedGaussian)]
    [InlineData(Pairwise.DotProduct)]
    [InlineData(Pairwise.Concatenation)]
    public void Forward_PositionsPermuted_PermutesTheResult(Pairwise pairwise)
    {
        NonLocalBlock block = Randomised(6, new NonLocalOptions { Pairwise = pairwise });
        int[] order = [3, 0, 6, 1, 5, 2, 4];
        Random random = new(5);
        float[] content = [.. Enumerable.Range(0, 42).Select(_ => (float)random.NextDouble())];
        float[] y = Run(block, [1, 7, 6], content);
        float[] permuted = Run(block, [1, 7, 6], [.. order.SelectMany(position => content.Skip(position * 6).Take(6))]);
        float[] expected = [.. order.SelectMany(position => y.Skip(position * 6).Take(6))];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], permuted[i], 1e-5f);
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Forward_FreshBlock_ReturnsItsInputBitForBit(bool norm, bool training)
    {
        foreach (Pairwise pairwise in Enum.GetValues<Pairwise>())
        {
            NonLocalBlock block = new(8, new NonLocalOptions { Pairwise = pairwise, Norm = norm });
            block.Initialize(7);
            block.Training = training;
            Random random = new(6);
            float[] content = [.. Enumerable.Range(0, 2 * 12 * 8).Select(_ => (float)(random.NextDouble() - 0.5))];
            Assert.Equal(content, Run(block, [2, 3, 4, 8], content));
        }
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        NonLocalOptions options = new();
        NonLocalOptions[] others =
        [
            options with { Pairwise = Pairwise.Gaussian },
            options with { Pairwise = Pairwise.Gaussian, Similarity = Similarity.Euclidean },
            options with { Pairwise = Pairwise.DotProduct },
            options with { Pairwise = Pairwise.Concatenation },
            options with { InnerChannels = 5 },
            options with { Subsampling = Subsampling.AfterEmbedding },
            options with { Subsampling = Subsampling.BeforeEmbedding },
            options with { LogitScale = LogitScale.InverseRootOfInnerChannels },
            options with { LogitScale = LogitScale.InverseRootOfChannels },
            options with { Norm = false },
            options with { NormEpsilon = 0.1 },
            options with { BiasBeforeNorm = false },
        ];
        List<double[]> results = [];
        foreach (NonLocalOptions each in others.Prepend(options))
        {
            NonLocalBlock block = BlockRun.Randomised(new NonLocalBlock(6, each));
            results.Add(new BlockRun(block, [2, 4, 5, 6]).Program()[0]);
        }

        for (int i = 0; i < results.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double difference = BlockRun.RootMeanSquare([.. results[i].Zip(results[j], (x, y) => x - y)]);
                Assert.True(difference > 1e-5, $"results {j} and {i} are equal.");
            }
        }
    }

    [Theory]
    [InlineData(NonLocalPreset.AlexHex7, "g.0.weight g.0.bias W.0.weight W.0.bias W.1.weight W.1.bias W.1.running_mean W.1.running_var "
        + "W.1.num_batches_tracked theta.weight theta.bias phi.0.weight phi.0.bias")]
    [InlineData(NonLocalPreset.Mmcv, "g.conv.weight g.conv.bias conv_out.conv.weight conv_out.conv.bias theta.conv.weight theta.conv.bias "
        + "phi.conv.weight phi.conv.bias")]
    [InlineData(NonLocalPreset.SlowFast, "conv_theta.weight conv_theta.bias conv_phi.weight conv_phi.bias conv_g.weight conv_g.bias "
        + "conv_out.weight conv_out.bias bn.weight bn.bias bn.running_mean bn.running_var bn.num_batches_tracked")]
    [InlineData(
        NonLocalPreset.VideoNonlocalNet,
        "theta.weight theta.bias phi.weight phi.bias g.weight g.bias out.weight out.bias bn.weight "
        + "bn.bias bn.running_mean bn.running_var bn.num_batches_tracked")]
    [InlineData(NonLocalPreset.Timm, "t.weight t.bias p.weight p.bias g.weight g.bias z.weight z.bias norm.weight norm.bias "
        + "norm.running_mean norm.running_var norm.num_batches_tracked")]
    public void Variables_OfAPreset_HaveThePublishedNames(NonLocalPreset preset, string names)
    {
        NonLocalBlock block = new(64, NonLocalPresets.Options(preset, 64));
        Assert.Equal(names.Split(' '), block.Variables().Select(entry => entry.Name));
    }

    [Fact]
    public void Variables_OfOtherConfigurations_HaveThePublishedNames()
    {
        NonLocalOptions alex = NonLocalPresets.Options(NonLocalPreset.AlexHex7, 6, Pairwise.Concatenation) with
        {
            Subsampling = Subsampling.None,
            Norm = false,
            Dimensions = 3,
        };
        Dictionary<string, Shape> shapes = new NonLocalBlock(6, alex).Variables().ToDictionary(
            entry => entry.Name, entry => entry.PublishedShape);
        Assert.Equal([3, 6, 1, 1, 1], shapes["phi.weight"]);
        Assert.Equal([6, 3, 1, 1, 1], shapes["W.weight"]);
        Assert.Equal([1, 6, 1, 1], shapes["concat_project.0.weight"]);
        NonLocalOptions mmcv =
            NonLocalPresets.Options(NonLocalPreset.Mmcv, 6) with { Norm = true, Subsampling = Subsampling.AfterEmbedding };
        string[] names = [.. new NonLocalBlock(6, mmcv).Variables().Select(entry => entry.Name)];
        Assert.Contains("g.0.conv.weight", names);
        Assert.Contains("conv_out.bn.running_var", names);
        Assert.DoesNotContain("conv_out.conv.bias", names);
    }

    [Theory]
    [InlineData(NonLocalPreset.AlexHex7, null, 1, 32)]
    [InlineData(NonLocalPreset.Mmcv, null, 0.17677669529663687, 32)]
    [InlineData(NonLocalPreset.Mmcv, Pairwise.Gaussian, 1, 32)]
    [InlineData(NonLocalPreset.SlowFast, null, 1, 32)]
    [InlineData(NonLocalPreset.SlowFast, Pairwise.EmbeddedGaussian, 0.17677669529663687, 32)]
    [InlineData(NonLocalPreset.VideoNonlocalNet, null, 0.17677669529663687, 32)]
    [InlineData(NonLocalPreset.Timm, null, 0.125, 8)]
    public void Options_OfAPreset_HaveItsScaleAndWidth(NonLocalPreset preset, Pairwise? pairwise, double scale, int inner)
    {
        NonLocalOptions options = NonLocalPresets.Options(preset, 64, pairwise);
        Assert.Equal(inner, options.InnerChannels ?? 32);
        Assert.Equal(scale, options.LogitScale.Resolve(64, inner), 1e-12);
    }

    [Fact]
    public void Caffe2Blob_Keys_HaveTheReleasedNames()
    {
        Assert.Equal("nonlocal_conv4_1_theta_w", NonLocalPresets.Caffe2Blob("nonlocal_conv4_1", "theta.weight"));
        Assert.Equal("nonlocal_conv3_0_out_b", NonLocalPresets.Caffe2Blob("nonlocal_conv3_0", "out.bias"));
        Assert.Equal("nonlocal_conv4_1_bn_riv", NonLocalPresets.Caffe2Blob("nonlocal_conv4_1", "bn.running_var"));
        Assert.Null(NonLocalPresets.Caffe2Blob("nonlocal_conv4_1", "bn.num_batches_tracked"));
    }

    [Fact]
    public void Forward_WrongChannels_NamesTheBlockAndTheShape()
    {
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        string message = Assert.Throws<ShapeException>(() => new NonLocalBlock(6).Forward(x)).Message;
        Assert.Contains("non-local block", message);
        Assert.Contains("1x3x4x5", message);
    }

    [Theory]
    [InlineData(256, 132_224)]
    [InlineData(1024, 2_101_760)]
    public void Parameters_OfTheStandardBlock_AreAsManyAsPublished(int channels, long expected) =>
        Assert.Equal(expected, new NonLocalBlock(channels).Parameters().Sum(parameter => parameter.Shape.Count));

    private static NonLocalBlock Randomised(int channels, NonLocalOptions options) =>
        BlockRun.Randomised(new NonLocalBlock(channels, options));

    private static float[] Run(Layer block, Shape shape, float[] content)
    {
        Graph graph = new();
        Value y = block.Forward(graph.Input("x", shape));
        return Program.Compile(graph, [y]).Run(Tensor.From(shape, content))[0].Span.ToArray();
    }

    // The map of one 1-D signal by its definition, from the published weights.
    private static double[] LiteralMap(NonLocalBlock block, double[] x, Pairwise pairwise, Similarity similarity)
    {
        Dictionary<string, float[]> weights = block.Variables().ToDictionary(
            entry => entry.Name, entry => entry.Variable.Value.Span.ToArray());
        double[] map = new double[16];
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                double[] theta = pairwise == Pairwise.Gaussian ? x[(i * 6)..((i * 6) + 6)] : Embedded("theta", i);
                double[] phi = pairwise == Pairwise.Gaussian ? x[(j * 6)..((j * 6) + 6)] : Embedded("phi", j);
                map[(i * 4) + j] = pairwise switch
                {
                    Pairwise.DotProduct => Dot(theta, phi) / 4,
                    Pairwise.Concatenation => Math.Max(
                        0, Dot([.. theta, .. phi], Array.ConvertAll(weights["concat_project.0.weight"], w => (double)w))) / 4,
                    _ when similarity == Similarity.Euclidean => Math.Exp(-0.3 * theta.Zip(phi, (a, b) => (a - b) * (a - b)).Sum()),
                    _ => Math.Exp(0.3 * Dot(theta, phi)),
                };
            }

            if (pairwise is Pairwise.Gaussian or Pairwise.EmbeddedGaussian)
            {
                double sum = map.Skip(i * 4).Take(4).Sum();
                for (int j = 0; j < 4; j++)
                {
                    map[(i * 4) + j] /= sum;
                }
            }
        }

        return map;

        double[] Embedded(string name, int position) => [.. Enumerable.Range(0, 3).Select(channel => weights[name + ".bias"][channel]
            + Enumerable.Range(0, 6).Sum(c => x[(position * 6) + c] * weights[name + ".weight"][(c * 3) + channel]))];
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
