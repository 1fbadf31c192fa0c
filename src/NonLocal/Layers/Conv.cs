using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Convolution over one, two or three spatial axes, as many as the kernel has: PyTorch's Conv1d, Conv2d and Conv3d.</summary>
public sealed class Conv : Layer
{
    private readonly Variable weight;
    private readonly Variable? bias;

    /// <summary>A convolution from [batch, positions…, input channels] to [batch, positions…, output channels].</summary>
    /// <param name="inputChannels">Channels that come in.</param>
    /// <param name="outputChannels">Channels that go out.</param>
    /// <param name="kernel">Window lengths, one for each spatial axis.</param>
    /// <param name="stride">Steps of the window; null: 1.</param>
    /// <param name="padding">Zeros on both sides; null: 0.</param>
    /// <param name="dilation">Distance between taps; null: 1.</param>
    /// <param name="groups">Independent parts that the channels are cut into.</param>
    /// <param name="bias">Adds a number to each output channel.</param>
    /// <param name="initializer">First weight; null: PyTorch's default.</param>
    /// <param name="biasInitializer">First bias; null: PyTorch's default, uniform in ±1/√(inputs of one output).</param>
    /// <exception cref="ShapeException">Numbers out of range, or channels that the groups do not divide.</exception>
    public Conv(
        int inputChannels,
        int outputChannels,
        Shape kernel,
        Shape? stride = null,
        Shape? padding = null,
        Shape? dilation = null,
        int groups = 1,
        bool bias = true,
        Initializer? initializer = null,
        Initializer? biasInitializer = null)
    {
        Geometry = ConvolutionGeometry.Create(kernel, stride, padding, dilation, groups);
        if (inputChannels < 1 || outputChannels < 1 || inputChannels % groups != 0 || outputChannels % groups != 0)
        {
            throw new ShapeException($"a convolution from {inputChannels} to {outputChannels} channels cannot have {groups} groups.");
        }

        Shape shape = Geometry.WeightShape(inputChannels, outputChannels);
        weight = Parameter("weight", shape, initializer ?? Initializers.FanInUniform, WeightLayout.Convolution);
        if (bias)
        {
            double bound = 1 / Math.Sqrt(Initializers.FanIn(shape));
            this.bias = Parameter("bias", [outputChannels], biasInitializer ?? Initializers.Uniform(bound));
        }
    }

    /// <summary>How the window slides.</summary>
    public ConvolutionGeometry Geometry { get; }

    /// <summary>[kernel…, input channels / groups, output channels].</summary>
    public Variable Weight => weight;

    /// <summary>[output channels]; null without bias.</summary>
    public Variable? Bias => bias;

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = x.Convolution(x.Graph.Read(weight), Geometry);
        return bias is null ? y : y + x.Graph.Read(bias);
    }
}
