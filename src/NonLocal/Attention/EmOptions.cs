namespace NonLocal.Attention;

/// <summary>How the vectors and sums of an expectation–maximisation step are divided.</summary>
public enum EmDivisor
{
    /// <summary>By norm + 1e-6: XiaLiPKU/EMANet.</summary>
    Added,

    /// <summary>By the norm, but at least 1e-12: open-mmlab/mmsegmentation.</summary>
    Floored,
}

/// <summary>What training does to the stored bases after a forward pass.</summary>
public enum BaseUpdate
{
    /// <summary>Nothing: the bases are moved elsewhere, or not at all.</summary>
    None,

    /// <summary>bases ← (1 − momentum)·bases + momentum·mean of the batch's bases: EMANet, whose training script does it.</summary>
    Average,

    /// <summary>The same with the mean divided by its norm first: mmsegmentation, in the module.</summary>
    NormalizedAverage,
}

/// <summary>Whose names the bases have.</summary>
public enum EmPreset
{
    /// <summary>XiaLiPKU/EMANet: <c>mu</c>.</summary>
    EmaNet,

    /// <summary>open-mmlab/mmsegmentation: <c>bases</c>.</summary>
    MmSegmentation,
}

/// <summary>What expectation–maximisation attention differs in. The defaults are those of EMANet.</summary>
public sealed record EmOptions
{
    /// <summary>K. Default: 64.</summary>
    public int Bases { get; init; } = 64;

    /// <summary>T, expectation–maximisation steps. Default: 3.</summary>
    public int Stages { get; init; } = 3;

    /// <summary>How norms divide. Default: with 1e-6 added.</summary>
    public EmDivisor Divisor { get; init; } = EmDivisor.Added;

    /// <summary>What training does to the stored bases. Default: moves them towards the mean of the batch.</summary>
    public BaseUpdate Update { get; init; } = BaseUpdate.Average;

    /// <summary>The new batch's share of the stored bases. Default: 0.1.</summary>
    public double Momentum { get; init; } = 0.1;

    /// <summary>
    /// Whether gradients go through the steps. Default: no, as published; then the reconstruction has no gradient at all, and the
    /// convolution before it is never trained.
    /// </summary>
    public bool LearnsThroughStages { get; init; }

    /// <summary>The new batch's share of the running statistics of the unit's norm. Default: 3e-4.</summary>
    public double NormMomentum { get; init; } = 3e-4;

    /// <summary>Whose names the bases have. Default: EMANet.</summary>
    public EmPreset Preset { get; init; } = EmPreset.EmaNet;

    /// <summary>How it is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;

    /// <summary>mmsegmentation's details and names.</summary>
    public static EmOptions MmSegmentation { get; } = new()
    {
        Divisor = EmDivisor.Floored,
        Update = BaseUpdate.NormalizedAverage,
        NormMomentum = 0.1,
        Preset = EmPreset.MmSegmentation,
    };

    /// <summary>Throws unless all numbers are in range.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Bases, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Stages, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Momentum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Momentum, 1);
    }
}
