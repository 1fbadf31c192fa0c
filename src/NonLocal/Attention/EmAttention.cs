using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// The expectation–maximisation attention unit: every position is described by K bases, which are found in T steps from stored ones,
/// out = relu(x + BN(W relu(Z·bases))).
/// </summary>
/// <remarks>
/// Li et al.: Expectation-Maximization Attention Networks for Semantic Segmentation, arXiv 1907.13426; github.com/XiaLiPKU/EMANet. Names
/// <c>mu, conv1, conv2.0, conv2.1</c>. No gradient goes through the steps, so conv1 keeps its first values; the stored bases are state
/// and move in training. The cost is (2T + 1)·N·K·C, and nothing is as large as N × N.
/// </remarks>
public sealed class EmAttention : Layer
{
    private readonly EmOptions options;
    private readonly int channels;
    private readonly Conv embedding;
    private readonly Sequential output;
    private readonly EmBases bases;

    /// <summary>A unit at the published defaults.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    public EmAttention(int channels)
        : this(channels, new EmOptions())
    {
    }

    /// <summary>A unit with chosen options.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public EmAttention(int channels, EmOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        options.Check();
        this.options = options;
        this.channels = channels;
        bases = new EmBases(options, channels, State(EmModule.BasesName(options), [1, channels, options.Bases], EmBases.First(options)));
        embedding = Register("conv1", new Conv(channels, channels, [1, 1], initializer: Initializers.KaimingNormalFanOut));
        output = Register("conv2", new Sequential(
            new Conv(channels, channels, [1, 1], bias: false, initializer: Initializers.KaimingNormalFanOut),
            new BatchNorm(channels, momentum: options.NormMomentum)));
    }

    /// <summary>What the unit was made with.</summary>
    public EmOptions Options => options;

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How chosen positions are shared among the bases in the last step: [batch, queries, K], rows sum to 1.</summary>
    /// <param name="x">The unit's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries) =>
        Positions.Rows(ForwardWithBases(x).Responsibilities[^1], queries);

    /// <summary>
    /// The result; the last bases of every sample, [batch, K, C]; and how positions are shared among the bases in each step, [batch, N, K].
    /// </summary>
    /// <param name="x">[batch, positions…, C].</param>
    public (Value Result, Value Bases, IReadOnlyList<Value> Responsibilities) ForwardWithBases(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x).Result;

    private (Value Result, Value Bases, IReadOnlyList<Value> Responsibilities) Connect(Value x)
    {
        Positions.Check(x, channels, "expectation–maximisation attention");
        EmResult described = bases.Describe(Positions.Flatten(x), embedding);
        if (Training)
        {
            bases.Move(described.Bases);
        }

        Value y = Positions.Through(output, described.Reconstruction.Relu(), 2);
        return ((y + Positions.Spread(x, 2)).Relu().Reshape(x.Shape), described.Bases, described.Responsibilities);
    }
}

/// <summary>
/// The steps alone: features in, their description by the bases out. open-mmlab/mmsegmentation's EMAModule; name <c>bases</c>.
/// </summary>
public sealed class EmModule : Layer
{
    private readonly int channels;
    private readonly EmBases bases;

    /// <summary>A module.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: mmsegmentation's.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public EmModule(int channels, EmOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        options ??= EmOptions.MmSegmentation;
        options.Check();
        this.channels = channels;
        bases = new EmBases(options, channels, State(BasesName(options), [1, channels, options.Bases], EmBases.First(options)));
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>The result, and how positions are shared among the bases in each step, [batch, N, K].</summary>
    /// <param name="x">[batch, positions…, C].</param>
    /// <param name="embedding">A 1×1 convolution of x to the features, C to C; null: x is the features.</param>
    public (Value Result, IReadOnlyList<Value> Responsibilities) ForwardWithResponsibilities(Value x, Conv? embedding = null)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x, embedding);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x, null).Result;

    private (Value Result, IReadOnlyList<Value> Responsibilities) Connect(Value x, Conv? embedding)
    {
        Positions.Check(x, channels, "expectation–maximisation module");
        EmResult described = bases.Describe(Positions.Flatten(x), embedding);
        if (Training)
        {
            bases.Move(described.Bases);
        }

        return (described.Reconstruction.Reshape(x.Shape), described.Responsibilities);
    }

    internal static string BasesName(EmOptions options) => options.Preset == EmPreset.EmaNet ? "mu" : "bases";
}
