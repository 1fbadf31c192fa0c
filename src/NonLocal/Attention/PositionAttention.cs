using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>Whose names the parts of dual attention have.</summary>
public enum DualAttentionPreset
{
    /// <summary>junfu1115/DANet: <c>query_conv, key_conv, value_conv</c>, and <c>gamma</c> with one axis.</summary>
    DANet,

    /// <summary>
    /// open-mmlab/mmsegmentation: <c>query_project, key_project, value_project</c>, and <c>gamma.scale</c> without axes.
    /// </summary>
    Mmsegmentation,
}

/// <summary>
/// Position attention, half of dual attention: z = gamma · softmax_row(Q Kᵀ) V + x, with queries and keys of few channels; gamma starts
/// at 0.
/// </summary>
/// <remarks>
/// Fu, Liu, Tian, Li, Bao, Fang, Lu: Dual Attention Network for Scene Segmentation, arXiv 1809.02983; PAM in junfu1115/DANet. Plain 1×1
/// convolutions with biases (the paper's norms and ReLUs are not in the code), no scale. The softmax runs in tiles.
/// </remarks>
public sealed class PositionAttention : QueryKeyValueLayer
{
    private readonly Variable? gamma;
    private readonly Scale? scale;

    /// <summary>A block of PyTorch's default first weights.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="keyChannels">Channels of queries and keys; null: C/8.</param>
    /// <param name="preset">Whose names it has.</param>
    /// <param name="route">How it is computed.</param>
    /// <exception cref="ArgumentException">No channels for queries and keys.</exception>
    public PositionAttention(
        int channels,
        int? keyChannels = null,
        DualAttentionPreset preset = DualAttentionPreset.DANet,
        Route route = Route.Automatic)
        : base(channels, KeyChannels(channels, keyChannels), Names(preset), route)
    {
        gamma = preset == DualAttentionPreset.DANet ? Parameter("gamma", [1], Initializers.Zeros) : null;
        scale = gamma is null ? Register("gamma", new Scale(0)) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = Attended(x);
        y = scale is null ? y * x.Graph.Read(gamma!) : scale.Forward(y);
        return (y + Positions.Flatten(x)).Reshape(x.Shape);
    }

    private static int KeyChannels(int channels, int? keyChannels)
    {
        int width = keyChannels ?? channels / 8;
        return width >= 1
            ? width
            : throw new ArgumentException(
                $"position attention over {channels} channels has {width} channels for queries and keys; give at least 1.");
    }

    private static (string Query, string Key, string Value) Names(DualAttentionPreset preset) =>
        preset == DualAttentionPreset.DANet
            ? ("query_conv", "key_conv", "value_conv")
            : ("query_project", "key_project", "value_project");
}
