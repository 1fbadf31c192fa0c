using NonLocal.Attention;

namespace NonLocal.Models;

/// <summary>The published networks of clips, and small ones that two cores can train.</summary>
internal static class VideoResNets
{
    private const int Side = 224;
    private const int ShorterSide = 256;
    private const int KineticsClasses = 400;
    private const int SmallHeight = 48;
    private const int SmallWidth = 64;
    private const int SmallClasses = 10;
    private const string Paper = "Wang et al., arXiv 1711.07971";

    // Where space is halved, stage by stage: for the tiny ones once more, so that they cost a third.
    private static readonly int[] SmallStrides = [1, 2, 2];
    private static readonly int[] TinyStrides = [2, 2, 2];

    /// <summary>All of them by name.</summary>
    public static IEnumerable<KeyValuePair<string, ModelEntry>> Entries =>
    [
        .. Small("small", "small clips", SmallStrides),
        .. Small("tiny", "tiny clips", TinyStrides),
        .. Family("c2d-resnet50", "", Inflation.None, 50, VideoTimes.EightByEight, 0, 1, 5, 10),
        .. Family("c2d-resnet101", "", Inflation.None, 101, VideoTimes.EightByEight, 0, 1, 5, 10),
        .. Family("i3d-resnet50-3x1x1", "", Inflation.FirstConvolution, 50, VideoTimes.EightByEight, 0, 5),
        .. Family("i3d-resnet50-3x3x3", "", Inflation.SecondConvolution, 50, VideoTimes.EightByEight, 0, 5),
        .. Family("i3d-resnet101-3x1x1", "", Inflation.FirstConvolution, 101, VideoTimes.EightByEight, 0, 5),
        .. Family("i3d-resnet101-3x3x3", "", Inflation.SecondConvolution, 101, VideoTimes.EightByEight, 0, 5),
        .. Family("c2d-resnet50", "-32x2", Inflation.None, 50, VideoTimes.ThirtyTwoByTwo, 0, 5),
        .. Family("c2d-resnet101", "-32x2", Inflation.None, 101, VideoTimes.ThirtyTwoByTwo, 0, 5),
        .. Family("i3d-resnet50-3x1x1", "-32x2", Inflation.FirstConvolution, 50, VideoTimes.ThirtyTwoByTwo, 0, 5),
        .. Family("i3d-resnet50-3x3x3", "-32x2", Inflation.SecondConvolution, 50, VideoTimes.ThirtyTwoByTwo, 0),
        .. Family("i3d-resnet101-3x1x1", "-32x2", Inflation.FirstConvolution, 101, VideoTimes.ThirtyTwoByTwo, 0, 5),
        .. Family("i3d-resnet101-3x3x3", "-32x2", Inflation.SecondConvolution, 101, VideoTimes.ThirtyTwoByTwo, 0),
        .. Family("c2d-resnet50", "-8x8-caffe2", Inflation.None, 50, VideoTimes.ReleasedEightByEight, 0, 5),
        .. Family("i3d-resnet50-3x1x1", "-8x8-caffe2", Inflation.FirstConvolution, 50, VideoTimes.ReleasedEightByEight, 0, 5),
        .. Family("c2d-resnet50", "-32x2-caffe2", Inflation.None, 50, VideoTimes.ReleasedThirtyTwoByTwo, 0, 5),
        .. Family("i3d-resnet50-3x1x1", "-32x2-caffe2", Inflation.FirstConvolution, 50, VideoTimes.ReleasedThirtyTwoByTwo, 0, 5),
        .. Family("i3d-resnet50-3x1x1", "-mmaction2", Inflation.FirstConvolution, 50, VideoTimes.Mmaction, 0, 5),
    ];

    private static IEnumerable<KeyValuePair<string, ModelEntry>> Family(
        string name, string suffix, Inflation inflation, int depth, VideoTimes times, params int[] counts) =>
        counts.Select(count => new KeyValuePair<string, ModelEntry>(
            name + WithBlocks(count) + suffix,
            new ModelEntry(
                Description($"{depth} layers, {times.Clip.Frames} frames{Kernel(inflation)}", count),
                times == VideoTimes.Mmaction ? $"{Paper}; open-mmlab/mmaction2"
                : suffix.EndsWith("caffe2", StringComparison.Ordinal) ? $"{Paper}; facebookresearch/video-nonlocal-net"
                : Paper,
                (full, options) => Create(full, inflation, depth, times, count, options))));

    private static IEnumerable<KeyValuePair<string, ModelEntry>> Small(string size, string purpose, int[] strides)
    {
        foreach ((string name, Inflation inflation) in new[] { ("c2d", Inflation.None), ("i3d", Inflation.FirstConvolution) })
        {
            string network = $"16 layers of basic blocks for {purpose}{(inflation == Inflation.None ? "" : ", 3×3×3")}";
            foreach (int count in new[] { 0, 1, 5 })
            {
                yield return new($"{name}-{size}{WithBlocks(count)}", new ModelEntry(
                    Description(network, count), Paper, (full, options) => CreateSmall(full, inflation, strides, count, options)));
            }
        }

        yield return new($"per-frame-{size}", new ModelEntry(
            $"a network of pictures, averaged over the frames of {purpose}",
            Paper,
            (full, options) => CreateSmall(full, Inflation.None, strides, 0, options, poolsTime: false)));
    }

    private static string WithBlocks(int count) => count == 0 ? "" : $"-nl{count}";

    private static string Description(string network, int blocks) => blocks switch
    {
        0 => network,
        1 => $"{network}, a non-local block",
        _ => $"{network}, {blocks} non-local blocks",
    };

    private static string Kernel(Inflation inflation) => inflation switch
    {
        Inflation.FirstConvolution => ", 3×1×1",
        Inflation.SecondConvolution => ", 3×3×3",
        _ => "",
    };

    private static VideoResNet Create(
        string name, Inflation inflation, int depth, VideoTimes times, int attention, ModelOptions options)
    {
        bool mmaction = times == VideoTimes.Mmaction;
        int[] blocks = [3, 4, depth == 50 ? 6 : 23, 3];
        VideoResNetOptions shape = new()
        {
            Blocks = blocks,
            Inflation = inflation,
            InputChannels = options.InputChannels,
            StemKernel = [inflation == Inflation.None ? 1 : 5, 7, 7],
            StemStride = [times.StemStride, 2, 2],
            FirstPool = times.FirstPool,
            SecondPool = times.SecondPool,
            Dropout = options.Dropout ?? 0.5,
            Classes = options.ClassesOr(KineticsClasses),
            ZeroInitializeResidual = options.ZeroInitializeResidual ?? !mmaction,
            Attention = [.. NonLocalPlacements.InVideo(attention, blocks, mmaction ? Mmaction : Released), .. options.Attention],
        };
        ModelInfo info = mmaction
            ? new(name, Side, Side, ModelInfo.ImageNetMean, ModelInfo.ImageNetDeviation, options.Labels ?? [], ShorterSide, times.Clip)
            : new(name, Side, Side, ModelInfo.VideoMean, ModelInfo.VideoDeviation, options.Labels ?? [], ShorterSide, times.Clip);
        return Create(name, shape, info, options);
    }

    private static VideoResNet CreateSmall(
        string name, Inflation inflation, int[] strides, int attention, ModelOptions options, bool poolsTime = true)
    {
        int[] blocks = [2, 2, 3];
        VideoResNetOptions shape = new()
        {
            Block = ResidualBlockKind.Basic,
            Blocks = blocks,
            Planes = [16, 32, 64],
            Strides = strides,
            Inflation = inflation,
            InputChannels = options.InputChannels,
            StemChannels = 16,
            StemKernel = [inflation == Inflation.None ? 1 : 3, 5, 5],
            SecondPool = poolsTime ? VideoTimes.EightByEight.SecondPool : null,
            Dropout = options.Dropout ?? 0.5,
            Classes = options.ClassesOr(SmallClasses),
            ZeroInitializeResidual = options.ZeroInitializeResidual ?? true,
            Attention = [.. NonLocalPlacements.InVideo(attention, blocks, Released), .. options.Attention],
        };
        ModelInfo info = new(
            name, SmallHeight, SmallWidth, ModelInfo.VideoMean, ModelInfo.VideoDeviation, options.Labels ?? [], null, new ClipInfo(8, 2));
        return Create(name, shape, info, options);
    }

    private static VideoResNet Create(string name, VideoResNetOptions shape, ModelInfo info, ModelOptions options) =>
        options.ReplaceStrideWithDilation is null
            ? new VideoResNet(shape, info.WithChannels(options.InputChannels))
            : throw new ArgumentException($"{name} cannot dilate instead of stepping.");

    private static NonLocalOptions Released(int channels) =>
        NonLocalPresets.Options(NonLocalPreset.VideoNonlocalNet, channels) with { Dimensions = 3 };

    // Theirs differ from mmcv's defaults: pooled, with a norm, and without a scale.
    private static NonLocalOptions Mmaction(int channels) => NonLocalPresets.Options(NonLocalPreset.Mmcv, channels) with
    {
        LogitScale = LogitScale.None,
        Subsampling = Subsampling.AfterEmbedding,
        Norm = true,
        Dimensions = 3,
    };
}
