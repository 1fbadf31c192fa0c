using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>Whose names and details a squeeze-and-excitation block has.</summary>
public enum SqueezeExcitationPreset
{
    /// <summary>moskomule/senet.pytorch: linear layers without biases, <c>fc.0.weight</c> and <c>fc.2.weight</c>.</summary>
    Senet,

    /// <summary>
    /// huggingface/pytorch-image-models: 1×1 convolutions with biases, <c>fc1</c> and <c>fc2</c>; the width is rounded to a multiple of 8.
    /// </summary>
    Timm,
}

/// <summary>Squeeze and excitation: z = x · sigmoid(W₂·relu(W₁·mean of x)), one gate for each channel of a sample.</summary>
/// <remarks>
/// Hu, Shen, Albanie, Sun, Wu: Squeeze-and-Excitation Networks, arXiv 1709.01507. It weighs channels, not positions; a fresh block does not
/// return its input. 2C²/r parameters without biases.
/// </remarks>
public sealed class SqueezeExcitationBlock : Layer
{
    private readonly int channels;
    private readonly SqueezeExcitationPreset preset;
    private readonly Layer[] excitation;

    /// <summary>A block of PyTorch's default first weights.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="reduction">r: the gate is computed through C/r channels.</param>
    /// <param name="preset">Whose names and details it has.</param>
    /// <exception cref="ArgumentException">A reduction that leaves no channels.</exception>
    public SqueezeExcitationBlock(int channels, int reduction = 16, SqueezeExcitationPreset preset = SqueezeExcitationPreset.Senet)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(reduction, 1);
        this.channels = channels;
        this.preset = preset;
        if (preset == SqueezeExcitationPreset.Timm)
        {
            Width = Math.Max(8, (int)(((double)channels / reduction) + 4) / 8 * 8);
            excitation =
            [
                Register("fc1", new Conv(channels, Width, [1, 1])),
                Functions.Relu(),
                Register("fc2", new Conv(Width, channels, [1, 1])),
            ];
            return;
        }

        Width = channels / reduction;
        if (Width < 1)
        {
            throw new ArgumentException($"a reduction of {reduction} leaves no channel of {channels}; it can be at most {channels}.");
        }

        Linear first = new(channels, Width, bias: false);
        excitation = [Register("fc", new Sequential(first, Functions.Relu(), new Linear(Width, channels, bias: false)))];
    }

    /// <summary>The channels through which the gate is computed.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>What every channel is multiplied by, from 0 to 1: [batch, 1, C].</summary>
    /// <param name="x">The block's input.</param>
    public Value Gates(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Positions.Check(x, channels, "squeeze and excitation");
        return Gate(Positions.Flatten(x)).Reshape([x.Shape[0], 1, channels]);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "squeeze and excitation");
        Value table = Positions.Flatten(x);
        return (table * Gate(table)).Reshape(x.Shape);
    }

    private Value Gate(Value table)
    {
        Value gate = table.Mean(1);
        gate = preset == SqueezeExcitationPreset.Timm ? Positions.Spread(gate, 2) : gate;
        foreach (Layer layer in excitation)
        {
            gate = layer.Forward(gate);
        }

        return Positions.Flatten(gate).Sigmoid();
    }
}
