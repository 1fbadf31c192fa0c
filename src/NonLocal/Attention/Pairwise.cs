namespace NonLocal.Attention;

/// <summary>How much position i reads from position j in a non-local block (Wang et al., arXiv 1711.07971, section 3.2).</summary>
public enum Pairwise
{
    /// <summary>exp of the similarity of the features themselves, each row divided by its sum.</summary>
    Gaussian,

    /// <summary>exp(θᵢ·φⱼ), each row divided by its sum: a softmax.</summary>
    EmbeddedGaussian,

    /// <summary>θᵢ·φⱼ / M, where M is the number of keys.</summary>
    DotProduct,

    /// <summary>relu(w·[θᵢ, φⱼ]) / M.</summary>
    Concatenation,
}

/// <summary>What the Gaussian function compares features by.</summary>
public enum Similarity
{
    /// <summary>xᵢ·xⱼ, as in all published code.</summary>
    DotProduct,

    /// <summary>−|xᵢ − xⱼ|², as in non-local means.</summary>
    Euclidean,
}

/// <summary>Where keys and values are max-pooled by two along height and width (time is left alone). Queries never are.</summary>
public enum Subsampling
{
    /// <summary>Nowhere: as many keys as positions.</summary>
    None,

    /// <summary>After φ and g: the paper's text, AlexHex7, mmcv.</summary>
    AfterEmbedding,

    /// <summary>Once on the features before φ and g: video-nonlocal-net, SlowFast. Another function with the same parameters.</summary>
    BeforeEmbedding,
}

/// <summary>How a rule is computed. The result is the same but for rounding.</summary>
public enum Route
{
    /// <summary>The cheapest exact way; the map of all pairs never exists.</summary>
    Automatic,

    /// <summary>The formula as it is written, with the N×M map in memory: for tests and for teaching.</summary>
    Literal,
}
