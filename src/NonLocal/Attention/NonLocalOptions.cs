using NonLocal.Layers;

namespace NonLocal.Attention;

/// <summary>Everything that non-local blocks differ in. The defaults are the paper's block without sub-sampling.</summary>
public sealed record NonLocalOptions
{
    /// <summary>How pairs of positions are weighted. Default: embedded Gaussian.</summary>
    public Pairwise Pairwise { get; init; } = Pairwise.EmbeddedGaussian;

    /// <summary>What <see cref="Attention.Pairwise.Gaussian"/> compares by; the other functions do not ask. Default: dot product.</summary>
    public Similarity Similarity { get; init; } = Similarity.DotProduct;

    /// <summary>C′, the width of θ, φ and g. Default (null): half the channels, at least 1.</summary>
    public int? InnerChannels { get; init; }

    /// <summary>Where keys and values are pooled. Default: nowhere.</summary>
    public Subsampling Subsampling { get; init; } = Subsampling.None;

    /// <summary>What scores are multiplied by before the softmax; the functions without softmax do not ask. Default: none.</summary>
    public LogitScale LogitScale { get; init; } = LogitScale.None;

    /// <summary>Whether a batch norm follows W_z. Default: yes.</summary>
    public bool Norm { get; init; } = true;

    /// <summary>Added to the norm's variance. Default: 1e-5.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether W_z has a bias when a norm follows (without a norm it always has one). Default: yes.</summary>
    public bool BiasBeforeNorm { get; init; } = true;

    /// <summary>
    /// Whether a fresh block returns its input: the norm's scale and bias start at 0, or W_z's weight and bias where there is no norm.
    /// Default: yes.
    /// </summary>
    public bool ZeroInitialised { get; init; } = true;

    /// <summary>First weights of the convolutions. Default: normal, after He (Kaiming, fan-in).</summary>
    public Initializer Weights { get; init; } = Initializers.KaimingNormalFanIn;

    /// <summary>First biases of the convolutions; null: PyTorch's default, uniform in ±1/√(inputs). Default: 0.</summary>
    public Initializer? Biases { get; init; } = Initializers.Zeros;

    /// <summary>
    /// How many unit axes the 1×1 kernels have in published files: 1, 2 or 3. It decides nothing else; a block reads maps of any rank.
    /// Default: 2.
    /// </summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>Whose names the parameters have. Default: AlexHex7.</summary>
    public NonLocalPreset Preset { get; init; } = NonLocalPreset.AlexHex7;

    /// <summary>How the rule is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;
}
