using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// A head with interlaced sparse self-attention: open-mmlab/mmsegmentation's ISAHead. See <see cref="InterlacedAttention"/>.
/// </summary>
/// <remarks>
/// Names <c>in_conv, global_relation, local_relation, out_conv, conv_seg</c>. What was found stands before the input in the last
/// convolution; in openseg's module it stands after it.
/// </remarks>
public sealed class InterlacedHead : DecodeHead
{
    private readonly Shape partition;
    private readonly Layer before;
    private readonly GroupAttention far;
    private readonly GroupAttention near;
    private readonly Layer after;

    /// <summary>A head from [batch, height, width, input channels] to logits [batch, height, width, classes].</summary>
    /// <param name="options">The head's shape.</param>
    /// <param name="keyChannels">The width of queries and keys.</param>
    /// <param name="partition">The size of a block along both axes, or along each.</param>
    /// <param name="route">How the attention is computed.</param>
    /// <exception cref="ArgumentException">Numbers out of range.</exception>
    public InterlacedHead(DecodeHeadOptions options, int keyChannels, Shape partition, Route route = Route.Automatic)
        : base(options)
    {
        foreach (int size in partition)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(partition));
        }

        this.partition = partition;
        (int channels, ConvModuleNorm? norm) = (options.Channels, options.Norm);
        before = Register("in_conv", new ConvModule(JoinedChannels, channels, [3, 3], padding: [1, 1], norm: norm));
        far = Register("global_relation", Attention());
        near = Register("local_relation", Attention());
        after = Register("out_conv", new ConvModule(2 * channels, channels, [1, 1], norm: norm));

        GroupAttention Attention() => new(
            channels, keyChannels, channels, channels, InterlacedPreset.MmSegmentation, norm, route);
    }

    /// <summary>The logits, and the weights of both passes; see <see cref="InterlacedAttention.ForwardWithMaps"/>.</summary>
    /// <param name="x">[batch, height, width, input channels].</param>
    public (Value Logits, IReadOnlyList<Value> Maps) ForwardWithMaps(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        List<Value> maps = [];
        return (Connect(x, maps), maps);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x, null);

    private Value Connect(Value x, List<Value>? maps)
    {
        Value features = before.Forward(Expect(x));
        Value found = new Interlacing(features, partition).Apply(features, far, near, maps);
        return Classify(after.Forward(((Value[])[found, features]).Concat(-1)));
    }
}
