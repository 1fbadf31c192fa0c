namespace NonLocal.Training;

/// <summary>What a run tells after every step.</summary>
/// <param name="Position">Where the run stands now.</param>
/// <param name="Epoch">The epoch of the step that was made.</param>
/// <param name="Steps">How many steps the whole run has.</param>
/// <param name="Loss">The mean loss of the step.</param>
/// <param name="MeanLoss">The mean over the steps of the epoch so far.</param>
/// <param name="Rate">The learning rate of the step.</param>
/// <param name="Evaluation">The metrics, after the last step of an epoch.</param>
/// <param name="TimeLeft">By the pace since the run was started or resumed.</param>
public readonly record struct TrainingProgress(
    TrainingPosition Position,
    int Epoch,
    long Steps,
    double Loss,
    double MeanLoss,
    double Rate,
    ClassifierMetrics? Evaluation,
    TimeSpan TimeLeft);
