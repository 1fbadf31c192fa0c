using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>One inverted residual block of a mobile network.</summary>
/// <param name="InputChannels">Channels that come in.</param>
/// <param name="OutputChannels">Channels that go out.</param>
/// <param name="Expansion">How many times as many channels the depthwise convolution has; 1: no convolution before it.</param>
/// <param name="Kernel">Side of the depthwise convolution.</param>
/// <param name="Stride">Its step.</param>
/// <param name="Squeeze">Width of squeeze-and-excitation over the input's channels; 0: none.</param>
/// <param name="Attention">The lightweight non-local block after the last norm; null: none.</param>
public sealed record InvertedResidualOptions(
    int InputChannels,
    int OutputChannels,
    int Expansion = 1,
    int Kernel = 3,
    int Stride = 1,
    double Squeeze = 0,
    LightNonLocalOptions? Attention = null);

/// <summary>
/// Inverted residual block with swish: 1×1 to more channels, depthwise, squeeze-and-excitation, 1×1 to fewer, lightweight non-local
/// block, and the input where shapes allow.
/// </summary>
/// <remarks>
/// Sandler et al., arXiv 1801.04381; Li et al., arXiv 2004.01961. Names of meijieru/yet_another_mobilenet_series:
/// <c>expand_conv.{0, 1}, depth_ops.0.1.{0, 1}, project_conv.{0, 1}, se_op.{se_reduce, se_expand}, nl_op.{depthwise_conv, bn}</c>; without
/// expansion <c>depth_ops.0.0.{0, 1}</c>.
/// </remarks>
public sealed class InvertedResidual : Layer
{
    private readonly bool shortcut;
    private readonly Layer? expansion;
    private readonly ModuleList<Sequential> depthwise;
    private readonly Layer projection;
    private readonly SqueezeAndExcitation? squeeze;
    private readonly LightNonLocalBlock? attention;

    /// <summary>A block: [batch, height, width, input channels] to [batch, height/stride, width/stride, output channels].</summary>
    /// <param name="options">Its sizes.</param>
    public InvertedResidual(InvertedResidualOptions options)
    {
        shortcut = options.Stride == 1 && options.InputChannels == options.OutputChannels;
        int hidden = options.InputChannels * options.Expansion;
        bool expands = options.Expansion != 1;
        expansion = expands ? Register("expand_conv", ConvNormSwish(options.InputChannels, hidden, 1)) : null;
        Sequential inside = new((expands ? "1" : "0", ConvNormSwish(hidden, hidden, options.Kernel, options.Stride, hidden)));
        depthwise = Register("depth_ops", new ModuleList<Sequential>([inside]));
        projection = Register("project_conv", new Sequential(Convolution(hidden, options.OutputChannels, 1), Norm(options.OutputChannels)));
        squeeze = options.Squeeze > 0
            ? Register("se_op", new SqueezeAndExcitation(hidden, (int)Math.Round(options.InputChannels * options.Squeeze)))
            : null;
        attention = options.Attention is { } light ? Register("nl_op", new LightNonLocalBlock(options.OutputChannels, light)) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = Depthwise(expansion?.Forward(x) ?? x);
        y = projection.Forward(squeeze?.Forward(y) ?? y);
        y = attention?.Forward(y) ?? y;
        return shortcut ? x + y : y;
    }

    private Value Depthwise(Value x)
    {
        using Graph.LayerScope scope = depthwise.Scope(x.Graph);
        return depthwise.Items[0].Forward(x);
    }

    /// <summary>Convolution, norm, swish: named 0, 1, 2.</summary>
    internal static Sequential ConvNormSwish(int from, int to, int kernel, int stride = 1, int groups = 1) =>
        new(Convolution(from, to, kernel, stride, groups), Norm(to), new Function(x => x.Swish()));

    // The first weights of MnasNet: over the outputs, which for a depthwise convolution are those of one channel.
    private static Conv Convolution(int from, int to, int kernel, int stride = 1, int groups = 1)
    {
        int padding = (kernel - 1) / 2;
        Initializer weights = groups == 1 ? Initializers.KaimingNormalFanOut : Initializers.KaimingNormalFanIn;
        return new(from, to, [kernel, kernel], [stride, stride], [padding, padding], groups: groups, bias: false, initializer: weights);
    }

    private static BatchNorm Norm(int channels) => new(channels, epsilon: 1e-3, momentum: 0.01);

    // Each channel times a number that is worked out of the means of all.
    private sealed class SqueezeAndExcitation : Layer
    {
        private readonly Conv reduce;
        private readonly Conv expand;

        public SqueezeAndExcitation(int channels, int inner)
        {
            reduce = Register("se_reduce", Small(channels, inner));
            expand = Register("se_expand", Small(inner, channels));
        }

        protected override Value Build(Value x) => x * expand.Forward(reduce.Forward(x.Mean(1, 2)).Swish()).Sigmoid();

        private static Conv Small(int from, int to) =>
            new(from, to, [1, 1], initializer: Initializers.KaimingNormalFanOut, biasInitializer: Initializers.Zeros);
    }
}
