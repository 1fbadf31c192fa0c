using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>What the two residual blocks share: sizes, first values, the shortcut.</summary>
/// <param name="InputChannels">Channels that come in.</param>
/// <param name="Planes">Channels of the 3×3 convolutions.</param>
/// <param name="Stride">Step of the (first) 3×3 convolution.</param>
/// <param name="Dilation">Of the 3×3 convolutions.</param>
/// <param name="Shortcut">How the input changes shape when it must.</param>
/// <param name="ZeroInitialize">Start with the last norm at 0.</param>
/// <param name="Initializer">First weights of the convolutions.</param>
public sealed record ResidualBlockOptions(
    int InputChannels,
    int Planes,
    int Stride = 1,
    int Dilation = 1,
    ShortcutKind Shortcut = ShortcutKind.Projection,
    bool ZeroInitialize = false,
    Initializer? Initializer = null)
{
    internal Conv Convolution3X3(int input, int stride) => new(
        input, Planes, [3, 3], [stride, stride], [Dilation, Dilation], [Dilation, Dilation], bias: false, initializer: FirstWeights);

    internal Conv Convolution1X1(int input, int output, int stride = 1) =>
        new(input, output, [1, 1], [stride, stride], bias: false, initializer: FirstWeights);

    internal BatchNorm LastNorm(int channels) => new(channels, initializer: ZeroInitialize ? Initializers.Zeros : null);

    /// <summary>The shortcut's layers, called <c>downsample</c>; null when the input is added as it is or by option A.</summary>
    internal Sequential? Projection(int outputChannels) =>
        Shortcut == ShortcutKind.Projection && ChangesShape(outputChannels)
            ? new Sequential(Convolution1X1(InputChannels, outputChannels, Stride), new BatchNorm(outputChannels))
            : null;

    /// <summary>What is added to the block's output.</summary>
    internal Value Identity(Value x, Sequential? projection, int outputChannels) =>
        projection is not null ? projection.Forward(x)
        : ChangesShape(outputChannels) ? PaddedIdentity.Build(x, Stride, outputChannels)
        : x;

    private Initializer FirstWeights => Initializer ?? Initializers.KaimingNormalFanOut;

    private bool ChangesShape(int outputChannels) => Stride != 1 || InputChannels != outputChannels;
}

/// <summary>Two 3×3 convolutions and a shortcut, with torchvision's names.</summary>
public sealed class BasicBlock : Layer
{
    private readonly ResidualBlockOptions options;
    private readonly Conv conv1;
    private readonly BatchNorm bn1;
    private readonly Conv conv2;
    private readonly BatchNorm bn2;
    private readonly Sequential? downsample;

    /// <summary>A basic block: [batch, height, width, input channels] to [batch, height/stride, width/stride, planes].</summary>
    public BasicBlock(ResidualBlockOptions options)
    {
        this.options = options;
        conv1 = Register("conv1", options.Convolution3X3(options.InputChannels, options.Stride));
        bn1 = Register("bn1", new BatchNorm(options.Planes));
        conv2 = Register("conv2", options.Convolution3X3(options.Planes, 1));
        bn2 = Register("bn2", options.LastNorm(options.Planes));
        if (options.Projection(options.Planes) is { } projection)
        {
            downsample = Register("downsample", projection);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = bn1.Forward(conv1.Forward(x)).Relu();
        y = bn2.Forward(conv2.Forward(y));
        return (y + options.Identity(x, downsample, options.Planes)).Relu();
    }
}

/// <summary>1×1, 3×3, 1×1 convolutions and a shortcut, with torchvision's names; the stride is on the 3×3.</summary>
public sealed class Bottleneck : Layer
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

    /// <summary>A bottleneck: [batch, height, width, input channels] to [batch, height/stride, width/stride, 4·planes].</summary>
    public Bottleneck(ResidualBlockOptions options)
    {
        this.options = options;
        conv1 = Register("conv1", options.Convolution1X1(options.InputChannels, options.Planes));
        bn1 = Register("bn1", new BatchNorm(options.Planes));
        conv2 = Register("conv2", options.Convolution3X3(options.Planes, options.Stride));
        bn2 = Register("bn2", new BatchNorm(options.Planes));
        conv3 = Register("conv3", options.Convolution1X1(options.Planes, options.Planes * Expansion));
        bn3 = Register("bn3", options.LastNorm(options.Planes * Expansion));
        if (options.Projection(options.Planes * Expansion) is { } projection)
        {
            downsample = Register("downsample", projection);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = bn1.Forward(conv1.Forward(x)).Relu();
        y = bn2.Forward(conv2.Forward(y)).Relu();
        y = bn3.Forward(conv3.Forward(y));
        return (y + options.Identity(x, downsample, options.Planes * Expansion)).Relu();
    }
}
