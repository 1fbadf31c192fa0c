using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>The norm of a <see cref="ConvModule"/>: a batch norm, on one machine the same as the synchronised one.</summary>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Momentum">The new batch's share of the running statistics.</param>
public sealed record ConvModuleNorm(double Epsilon = 1e-5, double Momentum = 0.1);

/// <summary>
/// Convolution, norm and activation under the names that open-mmlab/mmcv's ConvModule gives them: <c>conv</c> and <c>bn</c>.
/// </summary>
/// <remarks>
/// The convolution has a bias only where no norm follows. First values as published: weights normal after He (fan-out, ReLU), biases
/// 0, norm 1 and 0.
/// </remarks>
public sealed class ConvModule : Layer
{
    private readonly Conv convolution;
    private readonly BatchNorm? norm;
    private readonly bool activation;

    /// <summary>A convolution from [batch, positions…, input channels] to [batch, positions…, output channels], norm, ReLU.</summary>
    /// <param name="inputChannels">Channels that come in.</param>
    /// <param name="outputChannels">Channels that go out.</param>
    /// <param name="kernel">Window lengths, one for each spatial axis.</param>
    /// <param name="stride">Steps of the window; null: 1.</param>
    /// <param name="padding">Zeros on both sides; null: 0.</param>
    /// <param name="dilation">Distance between taps; null: 1.</param>
    /// <param name="groups">Independent parts that the channels are cut into.</param>
    /// <param name="norm">The norm; null, mmcv's default: none, and the convolution has a bias.</param>
    /// <param name="activation">Whether a ReLU ends it.</param>
    /// <exception cref="ShapeException">Numbers out of range, or channels that the groups do not divide.</exception>
    public ConvModule(
        int inputChannels,
        int outputChannels,
        Shape kernel,
        Shape? stride = null,
        Shape? padding = null,
        Shape? dilation = null,
        int groups = 1,
        ConvModuleNorm? norm = null,
        bool activation = true)
    {
        this.activation = activation;
        convolution = Register("conv", new Conv(
            inputChannels,
            outputChannels,
            kernel,
            stride,
            padding,
            dilation,
            groups,
            norm is null,
            Initializers.KaimingNormalFanOut,
            Initializers.Zeros));
        this.norm = norm is null ? null : Register("bn", new BatchNorm(outputChannels, norm.Epsilon, norm.Momentum));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = convolution.Forward(x);
        y = norm is null ? y : norm.Forward(y);
        return activation ? y.Relu() : y;
    }
}
