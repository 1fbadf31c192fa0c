using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// The asymmetric fusion non-local block: positions of one map read a pyramid of averages of another, and a 1×1 convolution with batch norm
/// joins what they found to the map, without activation.
/// </summary>
/// <remarks>
/// Zhu et al.: Asymmetric Non-local Neural Networks for Semantic Segmentation, arXiv 1908.07678; github.com/MendelXu/ANN's AFNB. With the
/// published levels there are 1 + 9 + 36 + 64 = 110 cells, whatever the map's size; a level may have more cells than the map has positions.
/// The cost is N·cells. A fresh block finds nothing (W starts at 0), but its last convolution is not the identity.
/// </remarks>
public sealed class AsymmetricFusion : Module
{
    private readonly int lowChannels;
    private readonly int highChannels;
    private readonly AsymmetricJoin join;

    /// <summary>A block.</summary>
    /// <param name="lowChannels">Channels of the map that is read.</param>
    /// <param name="highChannels">Channels of the map that reads.</param>
    /// <param name="options">Everything else; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public AsymmetricFusion(int lowChannels, int highChannels, AsymmetricOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lowChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(highChannels, 1);
        this.lowChannels = lowChannels;
        this.highChannels = highChannels;
        join = new AsymmetricJoin(highChannels, lowChannels, options ?? new AsymmetricOptions(), isFusion: true);
        Register("stages", join.Stages);
        Register(join.Name, join.Output);
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>Connects the block.</summary>
    /// <param name="low">The map that is read, [batch, positions…, low channels].</param>
    /// <param name="high">The map that reads, [batch, positions…, high channels].</param>
    /// <returns>[batch, positions of the high map…, output channels].</returns>
    /// <exception cref="ShapeException">A map has other channels, or the batches differ.</exception>
    public Value Forward(Value low, Value high) => Forward(low, high, null);

    /// <summary>How chosen positions of the high map weigh the cells in the first stage: [batch, queries, cells].</summary>
    /// <param name="low">The map that is read.</param>
    /// <param name="high">The map that reads.</param>
    /// <param name="queries">Positions, row-major over the high map.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value low, Value high, params ReadOnlySpan<int> queries) =>
        Positions.Rows(ForwardWithMaps(low, high).Maps[0], queries);

    /// <summary>
    /// The result, and the weights of the cells for all positions of the high map, a value for each stage: [batch, N, cells].
    /// </summary>
    /// <param name="low">The map that is read.</param>
    /// <param name="high">The map that reads.</param>
    public (Value Result, IReadOnlyList<Value> Maps) ForwardWithMaps(Value low, Value high)
    {
        List<Value> maps = [];
        return (Forward(low, high, maps), maps);
    }

    private Value Forward(Value low, Value high, List<Value>? maps)
    {
        using Graph.LayerScope scope = Enter(high.Graph);
        Check(low, high);
        return join.Build(high, low, maps);
    }

    private void Check(Value low, Value high)
    {
        Positions.Check(low, lowChannels, "asymmetric fusion");
        Positions.Check(high, highChannels, "asymmetric fusion");
        if (low.Shape[0] != high.Shape[0])
        {
            throw new ShapeException(
                high.Graph.Layer, "asymmetric fusion", $"maps {low.Shape} and {high.Shape} have different batches.");
        }
    }
}

/// <summary>
/// The asymmetric pyramid non-local block: positions of a map read a pyramid of its own averages, and a 1×1 convolution with batch norm and
/// ReLU joins what they found to the map.
/// </summary>
/// <remarks>
/// The APNB of <see cref="AsymmetricFusion"/>'s paper. Queries and keys have one embedding: the state dict has it under both names, and
/// training moves its running statistics twice a pass.
/// </remarks>
public sealed class AsymmetricPyramid : Layer
{
    private readonly int channels;
    private readonly AsymmetricJoin join;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public AsymmetricPyramid(int channels, AsymmetricOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        this.channels = channels;
        join = new AsymmetricJoin(channels, channels, options ?? new AsymmetricOptions(), isFusion: false);
        Register("stages", join.Stages);
        Register(join.Name, join.Output);
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How chosen positions weigh the cells in the first stage: [batch, queries, cells].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries) => Positions.Rows(ForwardWithMaps(x).Maps[0], queries);

    /// <summary>The result, and the weights of all cells for all positions, a value for each stage: [batch, N, cells].</summary>
    /// <param name="x">The block's input.</param>
    public (Value Result, IReadOnlyList<Value> Maps) ForwardWithMaps(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        List<Value> maps = [];
        return (Connect(x, maps), maps);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x, null);

    private Value Connect(Value x, List<Value>? maps)
    {
        Positions.Check(x, channels, "asymmetric pyramid");
        return join.Build(x, x, maps);
    }
}
