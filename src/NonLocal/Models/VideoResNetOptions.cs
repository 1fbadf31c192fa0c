using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>Which convolutions of the residual blocks read neighbouring frames.</summary>
public enum Inflation
{
    /// <summary>None: C2D. Only pooling and attention mix frames.</summary>
    None,

    /// <summary>I3D 3×1×1: the first convolution of a bottleneck reads three frames. In a basic block it is a 3×3×3.</summary>
    FirstConvolution,

    /// <summary>I3D 3×3×3: the second convolution of a bottleneck reads three frames.</summary>
    SecondConvolution,
}

/// <summary>The shape of a <see cref="VideoResNet"/>. Lists have one entry for each stage.</summary>
public sealed record VideoResNetOptions
{
    /// <summary>The residual block.</summary>
    public ResidualBlockKind Block { get; init; } = ResidualBlockKind.Bottleneck;

    /// <summary>Residual blocks in each stage.</summary>
    public required IReadOnlyList<int> Blocks { get; init; }

    /// <summary>Channels of the 3×3 convolutions in each stage.</summary>
    public IReadOnlyList<int> Planes { get; init; } = [64, 128, 256, 512];

    /// <summary>The stride in space with which each stage begins.</summary>
    public IReadOnlyList<int> Strides { get; init; } = [1, 2, 2, 2];

    /// <summary>Bottlenecks: the stride is on the first 1×1 and not on the 3×3.</summary>
    public bool StridesFirst { get; init; }

    /// <summary>Which convolutions read neighbouring frames, in the residual blocks that <see cref="IsInflated"/> names.</summary>
    public Inflation Inflation { get; init; }

    /// <summary>Channels of a picture.</summary>
    public int InputChannels { get; init; } = ModelInfo.Colours;

    /// <summary>Channels of the stem.</summary>
    public int StemChannels { get; init; } = 64;

    /// <summary>Window of the stem: frames, rows, columns; odd numbers, with padding that keeps the size where it does not step.</summary>
    public Shape StemKernel { get; init; } = [1, 7, 7];

    /// <summary>Steps of the stem.</summary>
    public Shape StemStride { get; init; } = [1, 2, 2];

    /// <summary>Maxima after the stem; null: none.</summary>
    public ConvolutionGeometry? FirstPool { get; init; }

    /// <summary>Maxima after the first stage; null: none.</summary>
    public ConvolutionGeometry? SecondPool { get; init; }

    /// <summary>The share of features that training drops before the classifier.</summary>
    public double Dropout { get; init; } = 0.5;

    /// <summary>Outputs of the classifier.</summary>
    public int Classes { get; init; } = 400;

    /// <summary>Start with the last norm of every residual block at 0, so that each block begins as its shortcut.</summary>
    public bool ZeroInitializeResidual { get; init; } = true;

    /// <summary>Attention between the residual blocks.</summary>
    public IReadOnlyList<AttentionPlacement> Attention { get; init; } = [];

    /// <summary>
    /// Whether a residual block is one of those that are inflated, as in the released networks: all of the first stage, every other one of
    /// the next two beginning with the first, every other one of the last beginning with the second.
    /// </summary>
    /// <param name="stage">From 0.</param>
    /// <param name="block">From 0.</param>
    public static bool IsInflated(int stage, int block) => stage switch
    {
        0 => true,
        1 or 2 => block % 2 == 0,
        _ => block % 2 == 1,
    };
}
