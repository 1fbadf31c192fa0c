namespace NonLocal.Attention;

/// <summary>The kinds of stage that the released code of SNL has. They differ in the affinity and in what a unit does with it.</summary>
public enum SpectralKind
{
    /// <summary>SNL: A = D^-½ M D^-½ with M = (T Pᵀ + P Tᵀ)/2, T = relu(t(x)), P = relu(p(x)); a unit filters w_1(g) + w_2(A g).</summary>
    Spectral,

    /// <summary><c>nl</c>: A = softmax_row(t(x) p(x)ᵀ); a unit filters w_2(A g).</summary>
    NonLocal,

    /// <summary><c>ns</c>, the non-local stage of arXiv 1806.00681: the same affinity; a unit filters w_2(g − A g).</summary>
    NonLocalStage,

    /// <summary>
    /// <c>a2</c>: A = T Pᵀ as it is; a unit filters w_2(A g). Not the double attention of its paper, which has two softmaxes.
    /// </summary>
    DoubleAttention,

    /// <summary><c>dnl</c>: the affinity of <see cref="NonLocal"/>; a unit filters w_2(A g + Σ softmax(w_m(x)) g).</summary>
    Disentangled,
}

/// <summary>Everything that spectral non-local stages differ in. The defaults are the released block.</summary>
public sealed record SpectralOptions
{
    /// <summary>Which affinity and which unit. Default: SNL.</summary>
    public SpectralKind Kind { get; init; } = SpectralKind.Spectral;

    /// <summary>C′, the width of t, p and g. Default (null): half the channels, at least 1.</summary>
    public int? InnerChannels { get; init; }

    /// <summary>How many units share the affinity. Default: 1.</summary>
    public int Units { get; init; } = 1;

    /// <summary>
    /// Terms of the filter, of <see cref="SpectralKind.Spectral"/> only: 2 is SNL, more is the paper's general form, whose further
    /// weights are called <c>w_3</c>, <c>w_4</c>, …. Default: 2.
    /// </summary>
    public int Terms { get; init; } = 2;

    /// <summary>The polynomials of the filter; it takes three terms to tell them apart. Default: Chebyshev's.</summary>
    public FilterBasis Basis { get; init; } = FilterBasis.Chebyshev;

    /// <summary>
    /// Whether the filter is one in −A: w_1(g) − w_2(A g), as in the released code for segmentation (SNL-MMSeg); of
    /// <see cref="SpectralKind.Spectral"/> only. Weights of one sign fit the other after negating <c>w_2</c>. Default: no, as in the
    /// paper and in the code for classification.
    /// </summary>
    public bool SubtractsNeighbours { get; init; }

    /// <summary>Whether a ReLU follows the norm, before the residual. Default: yes, as in the code; the paper's formula has none.</summary>
    public bool Activation { get; init; } = true;

    /// <summary>
    /// Whether a fresh block returns its input: the norms' scales start at 0, as the released ResNet does with one block. With
    /// <see cref="Activation"/> such a block never learns: the ReLU behind the norm has the derivative 0 at 0. Default: no, they start
    /// at 1, as in the released code for CIFAR and for segmentation.
    /// </summary>
    public bool ZeroInitialised { get; init; }

    /// <summary>How many unit axes the 1×1 kernels have in published files: 1, 2 or 3. It decides nothing else. Default: 2.</summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>How the affinity is applied. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;
}
