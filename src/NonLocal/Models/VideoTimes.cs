using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>What published networks of clips do with time, and how they pool before the second stage.</summary>
/// <param name="Clip">Frames and their distance.</param>
/// <param name="StemStride">The stem's step along time.</param>
/// <param name="FirstPool">Maxima after the stem.</param>
/// <param name="SecondPool">Maxima after the first stage.</param>
internal sealed record VideoTimes(ClipInfo Clip, int StemStride, ConvolutionGeometry FirstPool, ConvolutionGeometry SecondPool)
{
    private static readonly ConvolutionGeometry Halving = ConvolutionGeometry.Create([2, 1, 1], [2, 1, 1]);

    /// <summary>8 frames, every eighth: only the second pool shortens time. As in facebookresearch/SlowFast.</summary>
    public static VideoTimes EightByEight { get; } =
        new(new(8, 8), 1, ConvolutionGeometry.Create([1, 3, 3], [1, 2, 2], [0, 1, 1]), Halving);

    /// <summary>32 frames, every other: the stem and both pools halve time. The paper's table.</summary>
    public static VideoTimes ThirtyTwoByTwo { get; } = new(
        new(32, 2), 2, ConvolutionGeometry.Create([3, 3, 3], [2, 2, 2], [1, 1, 1]),
        ConvolutionGeometry.Create([3, 1, 1], [2, 1, 1], [1, 0, 0]));

    /// <summary>8 frames as in facebookresearch/video-nonlocal-net (<c>resnet_video.py</c>): the first pool has no padding.</summary>
    public static VideoTimes ReleasedEightByEight { get; } =
        EightByEight with { FirstPool = ConvolutionGeometry.Create([1, 3, 3], [1, 2, 2]) };

    /// <summary>32 frames as in facebookresearch/video-nonlocal-net (<c>resnet_video_org.py</c>): shorter windows and no padding.</summary>
    public static VideoTimes ReleasedThirtyTwoByTwo { get; } =
        new(new(32, 2), 2, ConvolutionGeometry.Create([2, 3, 3], [2, 2, 2]), Halving);

    /// <summary>32 frames as in open-mmlab/mmaction2: windows of one frame and of two.</summary>
    public static VideoTimes Mmaction { get; } =
        new(new(32, 2), 2, ConvolutionGeometry.Create([1, 3, 3], [2, 2, 2], [0, 1, 1]), Halving);
}
