namespace NonLocal.Training;

/// <summary>Where a run stands between two steps, beside what its variables hold.</summary>
public sealed record TrainingPosition
{
    /// <summary>How many steps were made; also the number of the next one.</summary>
    public long Step { get; init; }

    /// <summary>The epoch of the next step; 0 is the first.</summary>
    public int Epoch { get; init; }

    /// <summary>How many steps of this epoch were made.</summary>
    public int StepInEpoch { get; init; }

    /// <summary>The run's seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Sum of the losses of this epoch's steps, for its mean.</summary>
    public double LossSum { get; init; }

    /// <summary>The best metric of the evaluations so far; null before the first.</summary>
    public double? Best { get; init; }

    /// <summary>The resolved recipe, as text; what it means is not this library's matter.</summary>
    public string Recipe { get; init; } = "";
}
