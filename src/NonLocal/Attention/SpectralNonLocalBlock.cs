using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// Spectral non-local block: x + relu(bn(w_1(g) + w_2(A g))) with the symmetric affinity A = D^-½ (T Pᵀ + P Tᵀ)/2 D^-½, where T =
/// relu(t(x)), P = relu(p(x)), g = g(x); units one after the other share the affinity of the block's input.
/// </summary>
/// <remarks>
/// Zhu, She, Li, Lu, Zhang, Hu: Unifying Nonlocal Blocks for Neural Networks, arXiv 2108.02451; names and details of
/// zh460045050/SNL_ICCV2021: <c>t, p, stages.{i}.{g, bn, w_1, w_2}</c>. A has rank 2C′, so it is applied in O(N C′²) and never stored.
/// The other kinds of stage that the code has are options, and so are the segmentation code's sign and filters of more terms.
/// </remarks>
public sealed class SpectralNonLocalBlock : Layer
{
    private readonly SpectralOptions options;
    private readonly int channels;
    private readonly int innerChannels;
    private readonly Conv query;
    private readonly Conv key;
    private readonly ModuleList<SpectralUnit> units;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: SNL.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes out of range.</exception>
    /// <exception cref="ArgumentException">Options that the kind does not have.</exception>
    public SpectralNonLocalBlock(int channels, SpectralOptions? options = null)
    {
        this.options = options ??= new SpectralOptions();
        this.channels = channels;
        innerChannels = Check(channels, options);
        query = Register("t", Convolution(channels, innerChannels, options));
        key = Register("p", Convolution(channels, innerChannels, options));
        IEnumerable<SpectralUnit> stages = Enumerable.Range(0, options.Units).Select(_ => new SpectralUnit(channels, options));
        units = Register("stages", new ModuleList<SpectralUnit>(stages));
    }

    /// <summary>What the block was made with.</summary>
    public SpectralOptions Options => options;

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>The weights with which chosen positions (row-major) read all positions: rows of A, [batch, queries, N].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Read(x).Rows(queries);
    }

    /// <summary>All rows of <see cref="AttentionRows"/>: [batch, N, N]. As large as it looks.</summary>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Read(x).Map();
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Affinity affinity = Read(x);
        affinity = options.Route == Route.Literal ? affinity.Literal() : affinity;
        using Graph.LayerScope scope = units.Scope(x.Graph);
        foreach (SpectralUnit unit in units.Items)
        {
            x = unit.Forward(x, affinity);
        }

        return x;
    }

    /// <summary>Throws unless a block can have these sizes and options.</summary>
    /// <returns>C′.</returns>
    internal static int Check(int channels, SpectralOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InnerChannels ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Units, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Terms, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        return options.Kind == SpectralKind.Spectral || options is { Terms: 2, SubtractsNeighbours: false }
            ? options.InnerChannels ?? Math.Max(channels / 2, 1)
            : throw new ArgumentException(
                $"a stage of kind {options.Kind} has one filter: more terms and the other sign belong to {SpectralKind.Spectral}.");
    }

    /// <summary>A 1×1 convolution without bias and with the released first weights.</summary>
    internal static Conv Convolution(int from, int to, SpectralOptions options)
    {
        Shape kernel = [.. Enumerable.Repeat(1, options.Dimensions)];
        return new Conv(from, to, kernel, bias: false, initializer: Initializers.KaimingNormalFanOut);
    }

    private Affinity Read(Value x)
    {
        Positions.Check(x, channels, "spectral non-local block");
        return options.Kind switch
        {
            SpectralKind.Spectral => new SymmetricAffinity(Joined(x).Relu()),
            SpectralKind.DoubleAttention => Affinity.Linear(Embed(query, x).Relu(), Embed(key, x).Relu()),
            _ => Affinity.Softmax(Embed(query, x), Embed(key, x)),
        };
    }

    // [t(x) p(x)] by one product, [batch, N, 2C′].
    private Value Joined(Value x)
    {
        Value[] weights = [Weight(query, x.Graph), Weight(key, x.Graph)];
        return Positions.Flatten(x).MatMul(weights.Concat(1));
    }

    private Value Weight(Conv convolution, Graph graph) => graph.Read(convolution.Weight).Reshape([channels, innerChannels]);

    private Value Embed(Conv convolution, Value x) => Positions.Flatten(Positions.Through(convolution, x, options.Dimensions));
}
