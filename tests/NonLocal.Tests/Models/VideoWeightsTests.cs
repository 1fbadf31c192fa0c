using NonLocal.Attention;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Models;

/// <summary>Published names of networks of clips, and weights of pictures in networks of clips.</summary>
public class VideoWeightsTests
{
    private static readonly int[] Blocks = [1, 4, 6, 2];
    private static readonly (int Stage, int Block)[] Attention = [(2, 1), (2, 3), (3, 1), (3, 3), (3, 5)];

    [Fact]
    public void Load_SlowFastsNames_EveryKeyFindsItsPlace() =>
        CheckNames(PublishedVideoNames.SlowFast(Blocks, Attention), NonLocalPreset.VideoNonlocalNet);

    [Fact]
    public void Load_MmactionsNames_EveryKeyFindsItsPlace() =>
        CheckNames(PublishedVideoNames.Mmaction(Blocks, Attention), NonLocalPreset.Mmcv);

    [Fact]
    public void Load_Caffe2Blobs_EveryBlobFindsItsPlace() =>
        CheckNames(PublishedVideoNames.Caffe2(Blocks, Attention), NonLocalPreset.VideoNonlocalNet);

    [Fact]
    public void Load_UnknownNamesOfTheirs_AreUnexpected()
    {
        VideoResNet network = Network(NonLocalPreset.VideoNonlocalNet);
        string[] wrong =
        [
            "s6.pathway0_res0.branch2.a.weight", "s2.pathway1_res0.branch2.a.weight", "res2_0_branch2d_w", "res2_0_branch2a_x",
            "nonlocal_conv3_1_psi_w", "backbone.layer5.0.conv1.conv.weight",
        ];
        TensorFile file = new(wrong.Select(name => StoredTensor.FromSingle(name, [1], [0])));
        Assert.Equal(wrong, StateDict.Load(network, file, strict: false).Unexpected);
    }

    [Fact]
    public void Load_PointwiseKernelOfPictures_FitsClipsAndNoOtherWidth()
    {
        Conv clips = new(2, 3, [1, 1, 1], bias: false);
        Assert.Equal(["weight"], StateDict.Load(clips, StateDict.Save(new Conv(2, 3, [1, 1], bias: false))).Matched);
        Assert.Throws<WeightMismatchException>(() => StateDict.Load(clips, StateDict.Save(new Conv(3, 2, [1, 1], bias: false))));
        Assert.Throws<WeightMismatchException>(() => StateDict.Load(clips, StateDict.Save(new Conv(2, 3, [1, 3], bias: false))));
    }

    [Fact]
    public void Load_PicturesWithoutInflation_IsMisShaped()
    {
        LoadReport report = StateDict.Load(Video(Inflation.FirstConvolution), StateDict.Save(Pictures()), strict: false);
        Assert.Contains(report.MisShaped, key => key.Name == "conv1.weight");
        Assert.DoesNotContain("conv1.weight", report.Matched);
    }

    [Theory]
    [InlineData(Inflation.None, WeightInflation.Average)]
    [InlineData(Inflation.FirstConvolution, WeightInflation.Centre)]
    [InlineData(Inflation.SecondConvolution, WeightInflation.Centre)]
    public void Load_InflatedPictures_AClipThatRepeatsOneGivesItsLogits(Inflation inflation, WeightInflation rule)
    {
        ResNet pictures = Pictures();
        VideoResNet video = Video(inflation);
        StateDict.Load(video, StateDict.Save(pictures), inflation: rule);
        Tensor picture = Picture([1, 32, 32, 3]);
        AssertEqual(Run(pictures, picture), Run(video, Repeated(picture, 4)));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    public void Load_AveragedKernels_GiveThePicturesFeaturesAwayFromTheEnds(int first, int second)
    {
        Bottleneck pictures = BlockRun.Randomised(new Bottleneck(new(8, 4, 2)));
        Bottleneck video = new(new(8, 4, 2, Times: (first, second)));
        StateDict.Load(video, StateDict.Save(pictures), inflation: WeightInflation.Average);
        Tensor picture = Picture([1, 6, 6, 8]);
        float[] expected = Run(pictures, picture);
        float[] frames = Run(video, Repeated(picture, 3));
        AssertEqual(expected, frames[expected.Length..(2 * expected.Length)]);
        Assert.NotEqual(expected, frames[..expected.Length]);
    }

    private static void CheckNames(IEnumerable<(string Published, string Ours)> names, NonLocalPreset preset)
    {
        VideoResNet network = Network(preset);
        Dictionary<string, ModuleVariable> variables = network.Variables().ToDictionary(entry => entry.Name);
        List<StoredTensor> tensors = [];
        float number = 0;
        foreach ((string published, string ours) in names)
        {
            Shape shape = variables[ours].PublishedShape;
            tensors.Add(StoredTensor.FromSingle(
                published, [.. shape.Select(length => (long)length)], [.. Enumerable.Repeat(++number, (int)shape.Count)]));
        }

        LoadReport report = StateDict.Load(network, new TensorFile(tensors));
        Assert.Equal(variables.Count - report.MissingCounters.Count, report.Matched.Count);
        number = 0;
        foreach ((_, string ours) in names)
        {
            Assert.Equal(++number, variables[ours].Variable.Value.Span[0]);
        }
    }

    private static VideoResNet Network(NonLocalPreset preset) => new(
        new VideoResNetOptions
        {
            Blocks = Blocks,
            Planes = [1, 1, 1, 1],
            StemChannels = 2,
            Classes = 3,
            Inflation = Inflation.FirstConvolution,
            Attention =
            [
                NonLocalPlacements.At(2, [1, 3]) with { Create = channels => new NonLocalBlock(channels, Options(preset, channels)) },
                NonLocalPlacements.At(3, [1, 3, 5]) with { Create = channels => new NonLocalBlock(channels, Options(preset, channels)) },
            ],
        },
        new ModelInfo("names", 0, 0, [], [], [], null, new ClipInfo(8, 1)));

    private static NonLocalOptions Options(NonLocalPreset preset, int channels)
    {
        NonLocalOptions options = NonLocalPresets.Options(preset, channels) with { Dimensions = 3 };
        return preset == NonLocalPreset.Mmcv ? options with { Norm = true, Subsampling = Subsampling.AfterEmbedding } : options;
    }

    private static ResNet Pictures() => BlockRun.Randomised(new ResNet(
        new ResNetOptions { Block = ResidualBlockKind.Bottleneck, Blocks = [1, 2], Planes = [2, 4], StemChannels = 4, Classes = 5 },
        new ModelInfo("pictures", 0, 0, [], [], [])));

    private static VideoResNet Video(Inflation inflation) => new(
        new VideoResNetOptions
        {
            Blocks = [1, 2],
            Planes = [2, 4],
            StemChannels = 4,
            Classes = 5,
            Inflation = inflation,
            StemKernel = [inflation == Inflation.None ? 1 : 5, 7, 7],
            FirstPool = ConvolutionGeometry.Create([1, 3, 3], [1, 2, 2], [0, 1, 1]),
            SecondPool = ConvolutionGeometry.Create([2, 1, 1], [2, 1, 1]),
        },
        new ModelInfo("clips", 0, 0, [], [], [], null, new ClipInfo(4, 1)));

    private static Tensor Picture(Shape shape)
    {
        Random random = new(3);
        return Tensor.From(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)(random.NextDouble() - 0.5))]);
    }

    private static Tensor Repeated(Tensor picture, int frames)
    {
        float[] one = picture.Span.ToArray();
        return Tensor.From(
            [1, frames, .. picture.Shape[1..]], [.. Enumerable.Repeat(one, frames).SelectMany(content => content)]);
    }

    private static float[] Run(Layer network, Tensor x) => network.CompileForInference(x.Shape).Run(x)[0].Span.ToArray();

    private static void AssertEqual(float[] expected, float[] actual)
    {
        float scale = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * scale));
    }
}
