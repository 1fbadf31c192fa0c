namespace NonLocal.Training;

/// <summary>
/// The learning rate of every step. Step 0 is the first; rates are functions of the step alone, so resuming needs no state.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>The rate for a step.</summary>
    public abstract double RateAt(long step);

    /// <summary>The schedule of another one from <paramref name="milestone"/> on, counted from there.</summary>
    public LearningRateSchedule Then(long milestone, LearningRateSchedule next) => new SequentialRate(this, milestone, next);

    /// <summary>A linear warm-up over the first steps, multiplied onto this schedule.</summary>
    /// <param name="steps">How many steps until the full rate.</param>
    /// <param name="startFactor">What the rate is multiplied with at step 0.</param>
    public LearningRateSchedule WithWarmUp(long steps, double startFactor = 0) => new WarmUpRate(this, steps, startFactor);
}

/// <summary>The same rate always.</summary>
public sealed record ConstantRate(double Rate) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) => Rate;
}

/// <summary>
/// Multiplied by <paramref name="Factor"/> at every milestone that has been reached. Milestones at equal distances are the step schedule.
/// </summary>
public sealed record MultiStepRate(double Rate, IReadOnlyList<long> Milestones, double Factor = 0.1) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step)
    {
        int reached = 0;
        for (int i = 0; i < Milestones.Count; i++)
        {
            reached += step >= Milestones[i] ? 1 : 0;
        }

        return Rate * Math.Pow(Factor, reached);
    }
}

/// <summary>Multiplied by <paramref name="Factor"/> after every <paramref name="Every"/> steps.</summary>
public sealed record StepRate(double Rate, long Every, double Factor = 0.1) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) => Rate * Math.Pow(Factor, step / Every);
}

/// <summary>Multiplied by <paramref name="Factor"/> at every step.</summary>
public sealed record ExponentialRate(double Rate, double Factor) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) => Rate * Math.Pow(Factor, step);
}

/// <summary>
/// Half a cosine from <paramref name="Rate"/> down to <paramref name="End"/> over <paramref name="Steps"/> steps, then constant.
/// </summary>
/// <remarks>Loshchilov and Hutter 2017, equation 5, without restarts.</remarks>
public sealed record CosineRate(double Rate, long Steps, double End = 0) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) => End + ((Rate - End) * (1 + Math.Cos(Math.PI * Math.Min(step, Steps) / Steps)) / 2);
}

/// <summary>
/// Cosines that start again: the first period lasts <paramref name="Period"/>
/// steps, each next one <paramref name="Growth"/> times longer.
/// </summary>
/// <remarks>Loshchilov and Hutter 2017 (SGDR).</remarks>
public sealed record CosineRestartsRate(double Rate, long Period, int Growth = 1, double End = 0) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step)
    {
        long length = Period;
        long at = Growth == 1 ? step % Period : step;
        while (Growth > 1 && at >= length)
        {
            at -= length;
            length *= Growth;
        }

        return new CosineRate(Rate, length, End).RateAt(at);
    }
}

/// <summary>Rate · (1 − step/steps)^power: the poly schedule of the segmentation papers.</summary>
public sealed record PolynomialRate(double Rate, long Steps, double Power = 0.9) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) => Rate * Math.Pow(1 - ((double)Math.Min(step, Steps) / Steps), Power);
}

/// <summary>A linear rise of the factor from <paramref name="StartFactor"/> to 1 over the first steps of another schedule.</summary>
public sealed record WarmUpRate(LearningRateSchedule Inner, long Steps, double StartFactor) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) =>
        Inner.RateAt(step) * (step >= Steps ? 1 : StartFactor + ((1 - StartFactor) * step / Steps));
}

/// <summary>One schedule up to a milestone, then another, counted from the milestone.</summary>
public sealed record SequentialRate(LearningRateSchedule First, long Milestone, LearningRateSchedule Second) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(long step) => step < Milestone ? First.RateAt(step) : Second.RateAt(step - Milestone);
}
