using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Models;

public class VideoResNetTests
{
    private const double Billion = 1e9;

    // Wang et al., table 1, and their 8-frame networks: the last two pools differ.
    [Theory]
    [InlineData("c2d-resnet50", 8, 4)]
    [InlineData("i3d-resnet50-3x1x1-32x2", 8, 4)]
    [InlineData("i3d-resnet50-3x1x1-mmaction2", 8, 4)]
    public void Forward_PublishedNetwork_HasThePapersMaps(string name, int framesOfTheFirstStage, int framesAfter)
    {
        Classifier network = Untouched(name);
        Dictionary<string, Shape> maps = ModelSummary.Of(network, network.Info.InputShape(1)).Modules
            .ToDictionary(module => module.Path, module => module.Output);
        Assert.Equal(new Shape(1, framesOfTheFirstStage, 56, 56, 256), maps["layer1.2"]);
        Assert.Equal(new Shape(1, framesAfter, 28, 28, 512), maps["layer2.3"]);
        Assert.Equal(new Shape(1, framesAfter, 14, 14, 1024), maps["layer3.5"]);
        Assert.Equal(new Shape(1, framesAfter, 7, 7, 2048), maps["layer4.2"]);
    }

    [Fact]
    public void Forward_ReleasedNetwork_PoolsWithoutPadding()
    {
        Classifier network = Untouched("c2d-resnet50-8x8-caffe2");
        Assert.Contains(
            new Shape(1, 8, 55, 55, 256), ModelSummary.Of(network, network.Info.InputShape(1)).Modules.Select(module => module.Output));
    }

    // The paper says 43.2 M and 34.2 G for the third, mmaction2 35.4 M for the last; the others follow from the paper's table.
    [Theory]
    [InlineData("c2d-resnet50-32x2", 24.33, 20.4)]
    [InlineData("c2d-resnet50-nl5-32x2", 31.69, 28.6)]
    [InlineData("c2d-resnet101-32x2", 43.32, 35.3)]
    [InlineData("i3d-resnet50-3x1x1-32x2", 28.04, 33.1)]
    [InlineData("i3d-resnet50-3x3x3-32x2", 33.43, 39.1)]
    [InlineData("i3d-resnet101-3x1x1-32x2", 51.75, 51.7)]
    [InlineData("i3d-resnet101-3x3x3-32x2", 63.04, 62.3)]
    [InlineData("i3d-resnet50-3x1x1-nl5-mmaction2", 35.40, 44.3)]
    public void Create_PublishedNetwork_HasItsParametersAndMultiplyAdds(string name, double millions, double billions)
    {
        Classifier network = Untouched(name);
        Assert.Equal(millions, network.Parameters().Sum(parameter => parameter.Shape.Count) / 1e6, 0.005);
        Assert.Equal(billions, MultiplyAdds(network, network.Info.InputShape(1)) / Billion, 0.05);
    }

    [Fact]
    public void StridesFirst_ResNet101_CostsWhatThePaperCounts()
    {
        VideoResNetOptions options = new()
        {
            Blocks = [3, 4, 23, 3],
            StemStride = [2, 2, 2],
            FirstPool = ConvolutionGeometry.Create([3, 3, 3], [2, 2, 2], [1, 1, 1]),
            SecondPool = ConvolutionGeometry.Create([3, 1, 1], [2, 1, 1], [1, 0, 0]),
            StridesFirst = true,
        };
        Assert.Equal(34.4, MultiplyAdds(Untouched(Network(options)), [1, 32, 224, 224, 3]) / Billion, 0.05);
    }

    [Theory]
    [InlineData("i3d-resnet50-3x1x1", "conv1", "0 1 2|0 2|0 2 4|1")]
    [InlineData("i3d-resnet50-3x3x3", "conv2", "0 1 2|0 2|0 2 4|1")]
    [InlineData("i3d-small", "conv1", "0 1|0|0 2")]
    [InlineData("i3d-tiny", "conv1", "0 1|0|0 2")]
    public void Create_I3D_InflatesTheReleasedConvolutions(string name, string convolution, string expected)
    {
        Conv[] inflated = [.. Untouched(name).Tree().OfType<Conv>().Where(conv => conv.Geometry.Kernel[0] > 1 && conv.Path != "conv1")];
        Assert.All(inflated, conv => Assert.EndsWith(convolution, conv.Path, StringComparison.Ordinal));
        Assert.All(inflated, conv => Assert.Equal((1, 1), (conv.Geometry.Stride[0], conv.Geometry.PaddingBegin[0])));
        string found = string.Join('|', inflated.GroupBy(conv => conv.Path.Split('.')[0])
            .Select(stage => string.Join(' ', stage.Select(conv => conv.Path.Split('.')[1]))));
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData("c2d-resnet50-nl1", "layer3.nl4")]
    [InlineData("c2d-resnet50-nl5", "layer2.nl1 layer2.nl3 layer3.nl1 layer3.nl3 layer3.nl5")]
    [InlineData("c2d-resnet101-nl1", "layer3.nl21")]
    [InlineData("c2d-resnet101-nl5", "layer2.nl1 layer2.nl3 layer3.nl6 layer3.nl13 layer3.nl20")]
    [InlineData("c2d-small-nl1", "layer3.nl1")]
    [InlineData("c2d-small-nl5", "layer2.nl0 layer2.nl1 layer3.nl0 layer3.nl1 layer3.nl2")]
    public void Create_WithNonLocalBlocks_HasThemWhereTheReleasedCodeDoes(string name, string expected) =>
        Assert.Equal(expected, string.Join(' ', Untouched(name).Tree().Where(module => module.IsAttention).Select(block => block.Path)));

    [Theory]
    [InlineData("c2d")]
    [InlineData("i3d")]
    [InlineData("per-frame")]
    public void Create_Tiny_CostsAThirdOfTheSmallOne(string family)
    {
        Shape clip = [1, 8, 48, 64, 3];
        double share = (double)MultiplyAdds(Untouched($"{family}-tiny"), clip) / MultiplyAdds(Untouched($"{family}-small"), clip);
        Assert.InRange(share, 0.25, 0.4);
    }

    [Fact]
    public void Create_TenBlocks_FollowEveryResidualBlockOrIncludeThoseOfFive()
    {
        Assert.Equal(10, Untouched("c2d-resnet50-nl10").Tree().Count(module => module.IsAttention));
        string[] deep = [.. Untouched("c2d-resnet101-nl10").Tree().Where(module => module.IsAttention).Select(block => block.Path)];
        Assert.Equal(10, deep.Length);
        Assert.Empty(new[] { "layer2.nl1", "layer2.nl3", "layer3.nl6", "layer3.nl13", "layer3.nl20" }.Except(deep));
    }

    /// <summary>The lightweight block alone is one of pictures only: its convolution has two axes.</summary>
    [Fact]
    public void Create_AnyAttentionByName_ReadsClipsAtAnyStage()
    {
        Assert.All(AttentionRegistry.Names.Except(["light-non-local"]), name =>
        {
            AttentionPlacement[] attention =
            [
                new(2, channels => AttentionRegistry.Create(name, channels), [1]),
                new(3, channels => AttentionRegistry.Create(name, channels)),
            ];
            Classifier network = Untouched(ModelRegistry.Create("c2d-small", new ModelOptions { Attention = attention }));
            Assert.Equal(new Shape(1, 10), network.BuildForInference(new Graph().Input("x", [1, 8, 48, 64, 3])).Shape);
            Assert.Contains(network.Tree(), module => module.Path == "layer2.nl1");
            Assert.Contains(network.Tree(), module => module.Path == "nl3");
        });
    }

    [Fact]
    public void PerFrame_Clip_IsTheMeanOfItsFrames()
    {
        Classifier network = BlockRun.Randomised(ModelRegistry.Create("per-frame-small", new ModelOptions { Classes = 3 }), 0.1);
        Tensor clip = Clip([1, 3, 12, 16, 3]);
        float[] whole = network.CompileForInference(clip.Shape).Run(clip)[0].Span.ToArray();
        float[] mean = new float[whole.Length];
        int size = 12 * 16 * 3;
        for (int frame = 0; frame < 3; frame++)
        {
            Tensor one = Tensor.From([1, 1, 12, 16, 3], clip.Span.Slice(frame * size, size).ToArray());
            ReadOnlySpan<float> logits = network.CompileForInference(one.Shape).Run(one)[0].Span;
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += logits[i] / 3;
            }
        }

        Assert.All(whole.Zip(mean), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Fact]
    public void Small_ShuffledFrames_AreAnotherClipForI3DButNotPerFrame()
    {
        Assert.True(ChangesWithOrder("i3d-small"));
        Assert.False(ChangesWithOrder("per-frame-small"));
    }

    [Fact]
    public void InputChannels_GreyClips_MakeTheStemAndTheNormalisationNarrow()
    {
        Classifier network = ModelRegistry.Create("i3d-small-nl5", new ModelOptions { InputChannels = 1, Labels = ["calm", "fight"] });
        Assert.Equal(new Shape(2, 12, 48, 64, 1), (network.Info with { Clip = new ClipInfo(12, 1) }).InputShape(2));
        Assert.Equal([0.45f], network.Info.Mean);
        Assert.Equal(new Shape(2, 2), network.Forward(new Graph().Input("x", [2, 12, 48, 64, 1])).Shape);
    }

    [Fact]
    public void Dropout_Chosen_DecidesWhetherTrainingNeedsAStep()
    {
        Assert.Equal(2, InputsInTraining(new ModelOptions()));
        Assert.Equal(1, InputsInTraining(new ModelOptions { Dropout = 0 }));
        Assert.Contains(
            "no dropout",
            Assert.Throws<ArgumentException>(() => ModelRegistry.Create("resnet18", new ModelOptions { Dropout = 0.5 })).Message);
    }

    [Fact]
    public void FreezeNorms_InTraining_LeavesRunningStatisticsAlone()
    {
        Assert.NotEmpty(Assignments(new ModelOptions()));
        Assert.Empty(Assignments(new ModelOptions { FreezeNorms = true }));
    }

    [Fact]
    public void Initialize_FreshNetwork_IsItsShortcutsAndASmallClassifier()
    {
        Classifier network = ModelRegistry.Create("c2d-small-nl1");
        network.Initialize(1);
        Dictionary<string, Variable> variables = network.Variables().ToDictionary(entry => entry.Name, entry => entry.Variable);
        Assert.Equal(0, variables["layer1.0.bn2.weight"].Value.Span[0]);
        Assert.Equal(0, variables["layer3.nl1.bn.weight"].Value.Span[0]);
        Assert.Equal(0, variables["fc.bias"].Value.Span[3]);
        Assert.InRange(variables["fc.weight"].Value.Span.ToArray().Max(Math.Abs), 0.015f, 0.05f);
        network = ModelRegistry.Create("c2d-small", new ModelOptions { ZeroInitializeResidual = false });
        network.Initialize(1);
        Assert.Equal(1, network.Variables().Single(entry => entry.Name == "layer1.0.bn2.weight").Variable.Value.Span[0]);
    }

    [Fact]
    public void Create_Dilated_Throws() => Assert.Contains(
        "c2d-small cannot dilate",
        Assert.Throws<ArgumentException>(
            () => ModelRegistry.Create("c2d-small", new ModelOptions { ReplaceStrideWithDilation = [true, true, true] })).Message);

    [Fact]
    public void Constructor_ListsOfDifferentLengths_Throws() => Assert.Contains(
        "2 stages", Assert.Throws<ArgumentException>(() => Network(new() { Blocks = [1, 1], Planes = [2] })).Message);

    private static VideoResNet Network(VideoResNetOptions options) =>
        new(options, new ModelInfo("clips", 0, 0, [], [], [], null, new ClipInfo(8, 1)));

    private static Classifier Untouched(string name) => Untouched(ModelRegistry.Create(name));

    // Nothing runs, so first values would be drawn in vain.
    private static T Untouched<T>(T network)
        where T : Module
    {
        foreach (ModuleVariable entry in network.Variables())
        {
            entry.Variable.MarkChanged();
        }

        return network;
    }

    private static long MultiplyAdds(Layer network, Shape input)
    {
        Graph graph = new();
        network.BuildForInference(graph.Input("x", input));
        return graph.Nodes.Sum(node => node.Operation.MultiplyAdds(node));
    }

    private static Tensor Clip(Shape shape)
    {
        Random random = new(5);
        return Tensor.From(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)(random.NextDouble() - 0.5))]);
    }

    private static bool ChangesWithOrder(string name)
    {
        Classifier network = BlockRun.Randomised(ModelRegistry.Create(name), 0.2);
        Tensor clip = Clip([1, 4, 8, 8, 3]);
        int size = 8 * 8 * 3;
        ReadOnlySpan<float> frames = clip.Span;
        Tensor shuffled = Tensor.From(
            clip.Shape, [.. frames[(2 * size)..(3 * size)], .. frames[..size], .. frames[(3 * size)..], .. frames[size..(2 * size)]]);
        Program program = network.CompileForInference(clip.Shape);
        float before = program.Run(clip)[0].Span[0];
        float after = program.Run(shuffled)[0].Span[0];
        return Math.Abs(before - after) > 1e-3 * Math.Abs(before);
    }

    private static int InputsInTraining(ModelOptions options)
    {
        Classifier network = Untouched(ModelRegistry.Create("c2d-small", options));
        network.Train();
        Graph graph = new();
        network.Forward(graph.Input("x", [2, 4, 8, 8, 3]));
        return graph.Inputs.Count;
    }

    private static IEnumerable<Variable> Assignments(ModelOptions options)
    {
        Classifier network = Untouched(ModelRegistry.Create("c2d-small", options));
        network.Train();
        Graph graph = new();
        network.Forward(graph.Input("x", [2, 4, 8, 8, 3]));
        return graph.Assignments.Keys;
    }
}
