using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>What the two residual blocks share: sizes, first values, the shortcut. For pictures, or for clips with a time axis.</summary>
/// <param name="InputChannels">Channels that come in.</param>
/// <param name="Planes">Channels of the 3×3 convolutions.</param>
/// <param name="Stride">Step of the (first) 3×3 convolution.</param>
/// <param name="Dilation">Of the 3×3 convolutions.</param>
/// <param name="Shortcut">How the input changes shape when it must.</param>
/// <param name="ZeroInitialize">Start with the last norm at 0.</param>
/// <param name="Initializer">First weights of the convolutions.</param>
/// <param name="Attention">What stands inside the block; of a placement, its position, name and factory count. Null: nothing.</param>
/// <param name="Times">
/// For clips: how many frames the first and the second convolution read, odd numbers; time keeps its length. Null: pictures.
/// </param>
/// <param name="StridesFirst">Bottlenecks: the stride is on the first 1×1, as in the paper, and not on the 3×3.</param>
public sealed record ResidualBlockOptions(
    int InputChannels,
    int Planes,
    int Stride = 1,
    int Dilation = 1,
    ShortcutKind Shortcut = ShortcutKind.Projection,
    bool ZeroInitialize = false,
    Initializer? Initializer = null,
    IReadOnlyList<AttentionPlacement>? Attention = null,
    (int First, int Second)? Times = null,
    bool StridesFirst = false)
{
    internal Conv FirstConvolution3X3() => Convolution(InputChannels, Planes, Times?.First, 3, Stride, Dilation);

    internal Conv SecondConvolution3X3(int stride) => Convolution(Planes, Planes, Times?.Second, 3, stride, Dilation);

    internal Conv FirstConvolution1X1() => Convolution(InputChannels, Planes, Times?.First, 1, StridesFirst ? Stride : 1);

    internal Conv LastConvolution1X1(int output) => Convolution(Planes, output, Times is null ? null : 1, 1);

    internal BatchNorm LastNorm(int channels) => new(channels, initializer: ZeroInitialize ? Initializers.Zeros : null);

    /// <summary>The shortcut's layers, called <c>downsample</c>; null when the input is added as it is or by option A.</summary>
    internal Sequential? Projection(int outputChannels) =>
        Shortcut == ShortcutKind.Projection && ChangesShape(outputChannels)
            ? new Sequential(
                Convolution(InputChannels, outputChannels, Times is null ? null : 1, 1, Stride), new BatchNorm(outputChannels))
            : null;

    /// <summary>What is added to the block's output.</summary>
    internal Value Identity(Value x, Sequential? projection, int outputChannels) =>
        projection is not null ? projection.Forward(x)
        : ChangesShape(outputChannels) ? PaddedIdentity.Build(x, Stride, outputChannels)
        : x;

    private Initializer FirstWeights => Initializer ?? Initializers.KaimingNormalFanOut;

    private bool ChangesShape(int outputChannels) => Stride != 1 || InputChannels != outputChannels;

    // Of a square window, over one frame or several, that moves in space; with padding that keeps the size where it does not step.
    private Conv Convolution(int input, int output, int? time, int side, int stride = 1, int dilation = 1)
    {
        int padding = side / 2 * dilation;
        return time is { } frames
            ? new(
                input, output, [frames, side, side], [1, stride, stride], [frames / 2, padding, padding], [1, dilation, dilation],
                bias: false, initializer: FirstWeights)
            : new(
                input, output, [side, side], [stride, stride], [padding, padding], [dilation, dilation],
                bias: false, initializer: FirstWeights);
    }
}

/// <summary>A residual block: convolutions and a shortcut, perhaps with attention inside.</summary>
public abstract class ResidualBlock : Layer
{
    private readonly List<(AttentionPosition Position, Layer Layer)> attention = [];

    /// <summary>A block without any part yet.</summary>
    private protected ResidualBlock()
    {
    }

    /// <summary>Adds the attention that the options ask for.</summary>
    /// <param name="options">Sizes and placements.</param>
    /// <param name="outputChannels">Channels of the last convolution; the others have as many as there are planes.</param>
    /// <exception cref="ArgumentException">A position that the block does not have.</exception>
    private protected void RegisterAttention(ResidualBlockOptions options, int outputChannels)
    {
        foreach (AttentionPlacement placement in options.Attention ?? [])
        {
            if (placement.Position == AttentionPosition.AfterSecondConvolution && this is BasicBlock)
            {
                throw new ArgumentException("the second convolution of a basic block is its last: put attention before or after the sum.");
            }

            bool wide = placement.Position is AttentionPosition.BeforeSum or AttentionPosition.AfterSum;
            Layer layer = placement.Create(wide ? outputChannels : options.Planes);
            attention.Add((placement.Position, Register(placement.Name ?? "nl", layer)));
        }
    }

    /// <summary>Sends a map through what stands at a position.</summary>
    private protected Value At(AttentionPosition position, Value x)
    {
        foreach ((_, Layer layer) in attention.Where(entry => entry.Position == position))
        {
            x = layer.Forward(x);
        }

        return x;
    }

    /// <summary>The sum with the shortcut and the last ReLU, with the attention around them.</summary>
    private protected Value Sum(Value y, Value shortcut) =>
        At(AttentionPosition.AfterSum, At(AttentionPosition.BeforeSum, y) + shortcut).Relu();
}

/// <summary>Two 3×3 convolutions (over one frame or several, for clips) and a shortcut, with torchvision's names.</summary>
public sealed class BasicBlock : ResidualBlock
{
    private readonly ResidualBlockOptions options;
    private readonly Conv conv1;
    private readonly BatchNorm bn1;
    private readonly Conv conv2;
    private readonly BatchNorm bn2;
    private readonly Sequential? downsample;

    /// <summary>
    /// A basic block: [batch, (frames,) height, width, input channels] to [batch, (frames,) height/stride, width/stride, planes].
    /// </summary>
    public BasicBlock(ResidualBlockOptions options)
    {
        this.options = options;
        conv1 = Register("conv1", options.FirstConvolution3X3());
        bn1 = Register("bn1", new BatchNorm(options.Planes));
        conv2 = Register("conv2", options.SecondConvolution3X3(1));
        bn2 = Register("bn2", options.LastNorm(options.Planes));
        if (options.Projection(options.Planes) is { } projection)
        {
            downsample = Register("downsample", projection);
        }

        RegisterAttention(options, options.Planes);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = At(AttentionPosition.AfterFirstConvolution, bn1.Forward(conv1.Forward(x)).Relu());
        y = bn2.Forward(conv2.Forward(y));
        return Sum(y, options.Identity(x, downsample, options.Planes));
    }
}

/// <summary>
/// 1×1, 3×3, 1×1 convolutions (the first two over one frame or several, for clips) and a shortcut, with torchvision's names; the stride is
/// on the 3×3 unless the options say otherwise.
/// </summary>
public sealed class Bottleneck : ResidualBlock
{
    /// <summary>Output channels for each plane.</summary>
    public const int Expansion = 4;

    private readonly ResidualBlockOptions options;
    private readonly Conv conv1;
    private readonly BatchNorm bn1;
    private readonly Conv conv2;
    private readonly BatchNorm bn2;
    private readonly Conv conv3;
    private readonly BatchNorm bn3;
    private readonly Sequential? downsample;

    /// <summary>
    /// A bottleneck: [batch, (frames,) height, width, input channels] to [batch, (frames,) height/stride, width/stride, 4·planes].
    /// </summary>
    public Bottleneck(ResidualBlockOptions options)
    {
        this.options = options;
        conv1 = Register("conv1", options.FirstConvolution1X1());
        bn1 = Register("bn1", new BatchNorm(options.Planes));
        conv2 = Register("conv2", options.SecondConvolution3X3(options.StridesFirst ? 1 : options.Stride));
        bn2 = Register("bn2", new BatchNorm(options.Planes));
        conv3 = Register("conv3", options.LastConvolution1X1(options.Planes * Expansion));
        bn3 = Register("bn3", options.LastNorm(options.Planes * Expansion));
        if (options.Projection(options.Planes * Expansion) is { } projection)
        {
            downsample = Register("downsample", projection);
        }

        RegisterAttention(options, options.Planes * Expansion);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = At(AttentionPosition.AfterFirstConvolution, bn1.Forward(conv1.Forward(x)).Relu());
        y = At(AttentionPosition.AfterSecondConvolution, bn2.Forward(conv2.Forward(y)).Relu());
        y = bn3.Forward(conv3.Forward(y));
        return Sum(y, options.Identity(x, downsample, options.Planes * Expansion));
    }
}
