using NonLocal.Layers;

namespace NonLocal.Attention;

/// <summary>What can be chosen about a block of the registry. A block that does not know an option refuses it.</summary>
public sealed record AttentionChoice
{
    /// <summary>How pairs of positions are weighted; null: the block's default.</summary>
    public Pairwise? Pairwise { get; init; }

    /// <summary>Pool keys and values.</summary>
    public bool Subsample { get; init; }

    /// <summary>What a global context does to every position; null: the block's default.</summary>
    public ContextFusion? Fusion { get; init; }

    /// <summary>How the rule is computed.</summary>
    public Route Route { get; init; } = Route.Automatic;
}

/// <summary>A block of the registry.</summary>
/// <param name="Description">What it is, in a few words.</param>
/// <param name="Source">The paper.</param>
/// <param name="Create">Makes one for a number of channels.</param>
public sealed record AttentionEntry(string Description, string Source, Func<int, AttentionChoice, Layer> Create);

/// <summary>Attention systems by name: one entry each.</summary>
public static class AttentionRegistry
{
    private static readonly Dictionary<string, AttentionEntry> Blocks = new()
    {
        ["non-local"] = new("every position reads every position", "Wang et al., arXiv 1711.07971", NonLocal),
        ["self-attention"] = new("softmax over all positions, times a learned number that starts at 0", "Zhang et al., arXiv 1805.08318",
            (channels, choice) => new SelfAttention(channels, route: Alone(choice).Route)),
        ["plain-self-attention"] = new("softmax over all positions, without residual", "a form of arXiv 1805.08318",
            (channels, choice) => new PlainSelfAttention(channels, Alone(choice).Route)),
        ["simplified-non-local"] = new("one softmax over all positions, shared by all queries", "Cao et al., arXiv 1904.11492",
            (channels, choice) => new SimplifiedNonLocalBlock(channels, route: Alone(choice).Route)),
        ["global-context"] = new("the same through a bottleneck with a norm", "Cao et al., arXiv 1904.11492", GlobalContext),
        ["squeeze-excitation"] = new("a gate for each channel from the mean of all positions", "Hu et al., arXiv 1709.01507",
            (channels, choice) => OfOneRoute(choice, new SqueezeExcitationBlock(channels, Math.Min(16, channels)))),
        ["position-attention"] = new("half of dual attention: softmax over positions", "Fu et al., arXiv 1809.02983",
            (channels, choice) => new PositionAttention(channels, Math.Max(channels / 8, 1), route: Alone(choice).Route)),
        ["channel-attention"] = new("half of dual attention: softmax over channels", "Fu et al., arXiv 1809.02983",
            (channels, choice) => new ChannelAttention(channels, route: Alone(choice).Route)),
        ["dual-multi-scale"] = new("both halves in groups of channels, experimental", "Sagar, arXiv 2106.08382",
            (channels, choice) => new DualMultiScaleAttention(channels, new() { Route = Alone(choice).Route })),
        ["criss-cross"] = new("every position reads its row and its column", "Huang et al., arXiv 1811.11721",
            (channels, choice) => new CrissCrossAttention(channels, new CrissCrossOptions { Route = Alone(choice).Route })),
        ["expectation-maximization"] = new("every position is described by a few bases", "Li et al., arXiv 1907.13426",
            (channels, choice) => new EmAttention(channels, new EmOptions { Route = Alone(choice).Route })),
        ["interlaced-sparse"] = new("far positions, then near ones", "Huang et al., arXiv 1907.12273",
            (channels, choice) => new InterlacedModule(channels, new InterlacedOptions { Route = Alone(choice).Route })),
        ["asymmetric-pyramid"] = new("every position reads a pyramid of averages", "Zhu et al., arXiv 1908.07678",
            (channels, choice) => new AsymmetricPyramid(channels, new AsymmetricOptions { Route = Alone(choice).Route })),
        ["spectral-non-local"] = new("a filter on a symmetric graph of all positions", "Zhu et al., arXiv 2108.02451",
            (channels, choice) => new SpectralNonLocalBlock(channels, new() { Route = Alone(choice).Route })),
        ["compact-generalized"] = new("positions and channels read from each other in groups", "Yue et al., arXiv 1810.13125",
            (channels, choice) => new CompactGeneralizedNonLocalBlock(channels, new() { Route = Alone(choice).Route })),
        ["double-attention"] = new("descriptors are gathered from all positions and handed out", "Chen et al., arXiv 1810.11579",
            (channels, choice) => new DoubleAttentionBlock(channels, new() { Route = Alone(choice).Route })),
        ["light-non-local"] = new("positions compared by some of their own channels, for mobile nets", "Li et al., arXiv 2004.01961",
            (channels, choice) => new LightNonLocalBlock(channels, new() { Route = Alone(choice).Route })),
    };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => Blocks.Keys;

    /// <summary>All blocks by their names.</summary>
    public static IReadOnlyDictionary<string, AttentionEntry> Entries => Blocks;

    /// <summary>Makes a block.</summary>
    /// <param name="name">One of <see cref="Names"/>; case, hyphens and a <c>Block</c> at the end do not matter.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="choice">What differs from the block's defaults; null: nothing.</param>
    /// <exception cref="ArgumentException">No such name (the nearest is suggested), or an option that the block does not have.</exception>
    public static Layer Create(string name, int channels, AttentionChoice? choice = null)
    {
        string? found = Blocks.Keys.FirstOrDefault(key => Bare(key) == Bare(name));
        return found is not null
            ? Blocks[found].Create(channels, choice ?? new AttentionChoice())
            : throw new ArgumentException($"There is no block '{name}'.{NearestName.Hint(name, Names)}");
    }

    private static NonLocalBlock NonLocal(int channels, AttentionChoice choice) => new(channels, new NonLocalOptions
    {
        Pairwise = choice.Pairwise ?? Pairwise.EmbeddedGaussian,
        Subsampling = choice.Subsample ? Subsampling.AfterEmbedding : Subsampling.None,
        Route = WithoutFusion(choice).Route,
    });

    private static GlobalContextBlock GlobalContext(int channels, AttentionChoice choice) => new(channels, new GlobalContextOptions
    {
        Width = Math.Max(channels / 16, 1),
        Fusion = choice.Fusion ?? ContextFusion.Add,
        Route = WithoutPairs(choice).Route,
    });

    private static AttentionChoice Alone(AttentionChoice choice) => WithoutFusion(WithoutPairs(choice));

    private static AttentionChoice WithoutPairs(AttentionChoice choice) =>
        choice is { Pairwise: null, Subsample: false }
            ? choice
            : throw new ArgumentException("This block has one pairwise function and no sub-sampling.");

    private static AttentionChoice WithoutFusion(AttentionChoice choice) =>
        choice.Fusion is null ? choice : throw new ArgumentException("Only a global context block has a choice of fusion.");

    // Its definition is its cheapest route.
    private static Layer OfOneRoute(AttentionChoice choice, Layer block)
    {
        Alone(choice);
        return block;
    }

    private static string Bare(string name)
    {
        string bare = name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        return bare.EndsWith("block", StringComparison.Ordinal) ? bare[..^"block".Length] : bare;
    }
}
